//! Pages before the API, and what is the same for all pages: the language's cookie, compression, errors as pages.

use crate::visitor::{LANGUAGE_COOKIE, Visitor, asked_language};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use onsale_http::trace::TRACE_HEADER;
use serde_json::Value;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use web::errors::{Trouble, error_page};

/// A year, in seconds.
const YEAR_SECONDS: u32 = 31_536_000;
/// The smallest page that is compressed, in bytes.
const BYTES_MIN: u64 = 512;
/// Brotli's effort for a page that one person gets once.
const BROTLI_EFFORT: i32 = 4;
/// Largest refusal that is turned into a page, in bytes.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// The layers of all pages.
pub(crate) fn layers(pages: Router) -> Router {
    let worth = SizeAbove::new(BYTES_MIN).and(NotForContentType::SSE).and(NotForContentType::IMAGES);
    let compression = CompressionLayer::new()
        .br(true)
        .gzip(true)
        .quality(CompressionLevel::Precise(BROTLI_EFFORT))
        .compress_when(worth);
    pages.layer(compression).layer(from_fn(remember_language))
}

/// Pages before the API: `pages` are [`crate::Shared::routes`], `api` the gateway's router, each with the standard layers around
/// it. What is no page's address goes to the API. A browser that goes to an address (`Accept` begins with `text/html`) reads
/// errors as pages.
pub fn in_front(pages: Router, api: Router) -> Router {
    pages.fallback_service(api).layer(from_fn(errors_as_pages))
}

/// `?lang=` is remembered. Such an answer is for one browser.
async fn remember_language(request: Request, next: Next) -> Response {
    let asked = asked_language(request.uri().query());
    let is_secure = request.headers().get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https");
    let mut response = next.run(request).await;
    if let Some(language) = asked {
        let secure = if is_secure { "; Secure" } else { "" };
        let tag = language.as_str();
        let cookie = format!("{LANGUAGE_COOKIE}={tag}; Path=/; Max-Age={YEAR_SECONDS}{secure}; SameSite=Lax");
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        }
    }
    response
}

/// Whether a person goes to an address, rather than a script or a program asks.
fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_asked_by_script = headers.get("sec-fetch-mode").is_some_and(|mode| mode.as_bytes() != b"navigate");
    accept.starts_with(b"text/html") && !is_asked_by_script && *method != Method::HEAD && *method != Method::OPTIONS
}

async fn errors_as_pages(request: Request, next: Next) -> Response {
    if !is_navigation(request.method(), request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let head = head_of(&parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if !is_error || !kind.starts_with(b"application/json") || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    as_page(&Visitor::of(&head), response).await
}

fn head_of(parts: &Parts) -> Parts {
    let mut request = http::Request::new(());
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    *request.headers_mut() = parts.headers.clone();
    request.into_parts().0
}

/// The refusal as a page, with its headers.
async fn as_page(visitor: &Visitor, refusal: Response) -> Response {
    let (parts, body) = refusal.into_parts();
    let bytes = to_bytes(body, REFUSAL_BYTES_MAX).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |field: &str| body.get(field).and_then(Value::as_str);
    let number =
        |name: HeaderName| -> Option<u32> { String::from_utf8_lossy(parts.headers.get(name)?.as_bytes()).parse().ok() };
    let trouble = Trouble {
        status: parts.status,
        code: text("code").unwrap_or_default(),
        message: text("message"),
        retry_after: number(RETRY_AFTER),
        trace: text("traceId").unwrap_or_default(),
    };
    let mut page = error_page(visitor, &trouble);
    for (name, value) in &parts.headers {
        let is_of_body = [CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING, VARY, CACHE_CONTROL].contains(name);
        if !is_of_body && !page.headers().contains_key(name) {
            page.headers_mut().append(name, value.clone());
        }
    }
    debug_assert!(page.headers().contains_key(TRACE_HEADER) || trouble.trace.is_empty());
    page
}
