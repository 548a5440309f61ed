//! Pages of other origins (contract: "CORS"): those of `cors.origins` may call every route with credentials, and read every
//! answer, errors too. A route that is open to all pages says so itself (`*`), and that stands.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::sync::Arc;

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const HEADERS: &str = "authorization, content-type, x-queue-token, x-trace-id, x-csrf-token, idempotency-key, \
                       accept-language, last-event-id";
const EXPOSED: &str = "X-Trace-Id, X-Queue-Token, Retry-After, RateLimit, RateLimit-Policy, Location";
/// How long a browser may keep the answer to a preflight, in seconds.
const MAX_AGE_SECONDS: u32 = 3_600;

/// The origins whose pages may call. Cheap to clone. None by default: then no header of this kind is ever sent.
#[derive(Clone, Debug, Default)]
pub struct Cors(Arc<[HeaderValue]>);

impl Cors {
    /// Allows these origins, each as a browser writes it (`https://shop.example`). What cannot stand in a header is left out.
    pub fn new(origins: &[String]) -> Self {
        Self(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect())
    }

    /// Whether any origin is allowed.
    pub fn is_on(&self) -> bool {
        !self.0.is_empty()
    }

    /// The origin of a request, where any is allowed.
    pub(super) fn origin_of(&self, request: &Request) -> Option<HeaderValue> {
        request.headers().get(ORIGIN).filter(|_| self.is_on()).cloned()
    }

    /// The answer to a browser that asks beforehand; none for any other request, and for an origin that may not call.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let asks = request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let origin = request.headers().get(ORIGIN).filter(|_| asks)?;
        if !self.0.contains(origin) {
            return None;
        }
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(MAX_AGE_SECONDS));
        Some(response)
    }

    /// Lets the page of an allowed origin read the answer. An answer that says already who may read it stays as it is.
    pub(super) fn add(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if !self.is_on() || headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        // Also without an origin: a cache must not give this answer to a page that sends one.
        headers.append(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = origin.filter(|origin| self.0.contains(origin)) else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}
