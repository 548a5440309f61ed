//! Scripts, styles and pictures under `/assets/<hash>/`.
//!
//! The hash is that of all of them together, so relative imports keep working, and a page of one build never gets a script of
//! another from a cache. While servers are being replaced one by one, a page of the old build may ask a new server: an
//! unknown hash gets the present file, for a minute.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::ErrorCode;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use onsale_http::ApiError;
use std::borrow::Cow;

/// An asset as it is in the program.
#[allow(dead_code, reason = "a debug build has none")]
struct Asset {
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Of a file under its own hash: it never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Of the present file under another hash.
const A_MINUTE: HeaderValue = HeaderValue::from_static("public, max-age=60");
/// Of a file in a debug build, which may change at any moment.
const AT_ONCE: HeaderValue = HeaderValue::from_static("no-cache");

/// `/assets/{hash}/{*path}`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{hash}/{*path}", get(serve))
}

/// The address of an asset: `url("wait.js")`.
pub fn url(name: &str) -> String {
    format!("/assets/{HASH}/{name}")
}

/// The whole content of an asset.
pub fn content(name: &str) -> Option<Cow<'static, [u8]>> {
    if let Some(asset) = find(name) {
        return Some(Cow::Borrowed(asset.plain));
    }
    #[cfg(debug_assertions)]
    return on_disk(name).map(Cow::Owned);
    #[cfg(not(debug_assertions))]
    None
}

fn find(name: &str) -> Option<&'static Asset> {
    FILES.binary_search_by_key(&name, |asset| asset.name).ok().map(|index| &FILES[index])
}

/// The file as it is now. A name with a dot segment is no asset's.
#[cfg(debug_assertions)]
fn on_disk(name: &str) -> Option<Vec<u8>> {
    let is_plain = name.split('/').all(|segment| !segment.is_empty() && !segment.starts_with('.'));
    let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/assets")).join(name);
    if is_plain { std::fs::read(path).ok() } else { None }
}

async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let caching = match (cfg!(debug_assertions), hash == HASH) {
        (true, _) => AT_ONCE,
        (false, true) => IMMUTABLE,
        (false, false) => A_MINUTE,
    };
    let (body, encoding) = match find(&name) {
        Some(asset) => {
            let accepted = headers.get(ACCEPT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
            let (body, encoding) = encoded(asset, &String::from_utf8_lossy(accepted));
            (Cow::Borrowed(body), encoding)
        }
        None => match content(&name) {
            Some(body) => (body, None),
            None => return ApiError::new(ErrorCode::NotFound).into_response(),
        },
    };
    let fixed = [
        (CONTENT_TYPE, HeaderValue::from_static(kind(&name))),
        (CACHE_CONTROL, caching),
        (VARY, HeaderValue::from_static("Accept-Encoding")),
    ];
    let mut response = (fixed, body).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The shortest form that the client takes.
fn encoded(asset: &'static Asset, accepted: &str) -> (&'static [u8], Option<&'static str>) {
    let forms = [("br", asset.brotli), ("gzip", asset.gzip)];
    let taken = forms.into_iter().find(|(name, body)| body.len() < asset.plain.len() && accepts(accepted, name));
    taken.map_or((asset.plain, None), |(name, body)| (body, Some(name)))
}

/// Whether `Accept-Encoding` names an encoding, and not with weight 0.
pub fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let is_refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case(encoding) && !is_refused
    })
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/manifest+json",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
