//! Pages for browsers: PortOne's windows for paying and for verifying an identity, and the providers' log-in.
//!
//! Plain forms and no script, so they work under any policy. Each sends the browser back with 303, to an address that is
//! this site's own, on loopback, or among those of the settings: otherwise anybody could send people anywhere from here.

mod identity;
mod pages;
mod pay;
mod return_to;
mod texts;

pub(crate) use pages::log_in;
pub(crate) use return_to::ReturnTo;

use crate::service::Sandbox;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use onsale_http::Language;
use std::convert::Infallible;

/// The routes of the windows.
pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/portone/window", get(pay::ask).post(pay::answer))
        .route("/sandbox/portone/identity-window", get(identity::ask).post(identity::answer))
        .route("/sandbox/window.css", get(style))
}

async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("../../templates/window.css")).into_response()
}

/// The language of the person, as the standard layers found it.
pub(crate) struct PageLanguage(pub Language);

impl<S: Send + Sync> FromRequestParts<S> for PageLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let found = parts.extensions.get::<Language>().copied();
        let of_header = || {
            let header = parts.headers.get(ACCEPT_LANGUAGE).map(http::HeaderValue::as_bytes);
            Language::from_accept(header, Language::En)
        };
        Ok(Self(found.unwrap_or_else(of_header)))
    }
}
