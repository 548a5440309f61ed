//! Whether a page of this site sent a request that cookies identify (WEB-009).
//!
//! A browser adds the cookies to whatever any page makes it send. So a request that may change something must show the CSRF
//! token, which pages of other sites cannot read, and come from a page of this site.

use super::token::Caller;
use crate::Parts;
use axum::body::Body;
use axum::extract::Request;
use domain::ErrorCode;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use onsale_http::ApiError;

/// The header with the token.
const CSRF_HEADER: &str = "x-csrf-token";
/// The field of a form with it.
const CSRF_FIELD: &str = "csrfToken";
/// Largest form that is searched for it, in bytes.
const FORM_BYTES_MAX: usize = 65_536;

fn refused() -> ApiError {
    ApiError::new(ErrorCode::CsrfTokenInvalid)
}

/// Whether a method changes nothing.
pub(crate) fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

impl Parts {
    /// Checks a request that may come from any page. A form may show the token in its body, which is read for that: then
    /// the answer is `true`, and [`Parts::check_form`] must follow.
    ///
    /// # Errors
    /// `CSRF_TOKEN_INVALID`.
    pub(super) fn check_page(&self, caller: &Caller, request: &Request) -> Result<bool, ApiError> {
        let (Some(person), true) = (caller.person(), caller.is_by_cookie()) else { return Ok(false) };
        if is_safe(request.method()) {
            return Ok(false);
        }
        if !self.sites.sent(request.headers()) {
            return Err(refused());
        }
        match request.headers().get(CSRF_HEADER) {
            Some(offered) if self.cookies.proves(person.id, request.headers(), offered.as_bytes()) => Ok(false),
            Some(_) => Err(refused()),
            None if is_form(request.headers()) => Ok(true),
            None => Err(refused()),
        }
    }

    /// Reads a form, checks its token, and puts the body back.
    ///
    /// # Errors
    /// `CSRF_TOKEN_INVALID`; `PAYLOAD_TOO_LARGE` for a form that no page of this site sends.
    pub(super) async fn check_form(&self, caller: &Caller, request: Request) -> Result<Request, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, FORM_BYTES_MAX).await;
        let bytes = bytes.map_err(|_| ApiError::new(ErrorCode::PayloadTooLarge))?;
        let field = url::form_urlencoded::parse(&bytes).find(|(name, _)| name == CSRF_FIELD);
        let offered = field.map(|(_, value)| value.into_owned());
        let is_proven = caller
            .person()
            .zip(offered)
            .is_some_and(|(person, offered)| self.cookies.proves(person.id, &parts.headers, offered.as_bytes()));
        if is_proven { Ok(Request::from_parts(parts, Body::from(bytes))) } else { Err(refused()) }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes()).unwrap_or_default();
    let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    kind.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}
