//! Writes every error response in the contract's form, including those of libraries.

use crate::error::ApiError;
use crate::text::language::Language;
use crate::trace::TraceId;
use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// Marks a response, in its extensions, that has its own body for people, even with an error status.
#[derive(Clone, Copy, Debug)]
pub struct OwnBody;

/// Answers `OPTIONS` for a route without its own handler: the list of methods (the router adds `Allow`).
pub(super) fn answer_options(method: &Method, response: Response) -> Response {
    let unanswered = *method == Method::OPTIONS && response.status() == StatusCode::METHOD_NOT_ALLOWED;
    if !unanswered {
        return response;
    }
    let mut answer = StatusCode::NO_CONTENT.into_response();
    if let Some(allow) = response.headers().get(ALLOW) {
        answer.headers_mut().insert(ALLOW, allow.clone());
    }
    answer
}

/// Removes the body of a response to `HEAD`, and keeps its length (RFC 9110, 9.3.2).
pub(super) fn drop_body(response: &mut Response) {
    if let Some(length) = response.body().size_hint().exact().filter(|length| *length > 0) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}

/// Writes the body of an error response and returns its code. Other responses stay unchanged.
pub(super) fn render(response: &mut Response, language: Language, trace_id: &TraceId) -> Option<ErrorCode> {
    let error = response.extensions_mut().remove::<ApiError>().or_else(|| foreign_error(response))?;
    let mut body = Vec::with_capacity(256);
    error.write_body(language, clock::now(), trace_id, &mut body);
    *response.body_mut() = Body::from(body);
    write_headers(response.headers_mut(), &error, language);
    Some(error.code)
}

fn write_headers(headers: &mut HeaderMap, error: &ApiError, language: Language) {
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_ENCODING);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.as_str()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = error.retry_after_header() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.code == ErrorCode::Unauthorized {
        headers.entry(WWW_AUTHENTICATE).or_insert(HeaderValue::from_static("ApiKey"));
    }
    // The rest of such a body must not be read as the next request.
    if matches!(error.code, ErrorCode::RequestTimeout | ErrorCode::PayloadTooLarge) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// Converts an error response of a library (a router's 404, plain text) to an API error of the same status. A JSON body
/// is kept: health answers 503 in its own form.
fn foreign_error(response: &Response) -> Option<ApiError> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let is_json = content_type.starts_with(b"application/json") && response.body().size_hint().lower() > 0;
    let is_page = response.extensions().get::<OwnBody>().is_some();
    (is_error && !is_json && !is_page).then(|| ApiError::new(code_of(status)))
}

/// The general code of a status.
fn code_of(status: StatusCode) -> ErrorCode {
    match status.as_u16() {
        401 => ErrorCode::Unauthorized,
        403 => ErrorCode::Forbidden,
        404 => ErrorCode::NotFound,
        405 => ErrorCode::MethodNotAllowed,
        408 => ErrorCode::RequestTimeout,
        413 => ErrorCode::PayloadTooLarge,
        415 => ErrorCode::UnsupportedMediaType,
        417 => ErrorCode::ExpectationFailed,
        429 => ErrorCode::RateLimitExceeded,
        431 => ErrorCode::HeadersTooLarge,
        503 => ErrorCode::ServiceUnavailable,
        504 => ErrorCode::GatewayTimeout,
        400..500 => ErrorCode::InvalidInput,
        _ => ErrorCode::InternalError,
    }
}
