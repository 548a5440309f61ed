//! The one error of the HTTP edge: a stable code, and what is wrong.

pub mod body;
mod from;

use crate::text::language::Language;
use crate::trace::TraceId;
use axum::response::{IntoResponse, Response};
use body::{BodyFields, write_error_body};
use domain::{ErrorCode, Timestamp};
use http::StatusCode;

/// Seconds that a refused caller is told to wait when nobody knows better. 429 and 503 always carry `Retry-After`.
pub const RETRY_AFTER_SECONDS_DEFAULT: u32 = 1;

/// A refused call. A handler returns it; the standard layers write its body, since they know language and trace id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What clients branch on.
    pub code: ErrorCode,
    /// What is wrong and what would be right, in English, for the developer of the client:
    /// `stock must be 1 to 100000000`. Follows the message. Never a secret, never an overlong input.
    pub detail: Option<String>,
    /// When to come again, in whole seconds.
    pub retry_after_seconds: Option<u32>,
    /// Further fields of the body, such as `reason`.
    pub extra: Vec<(&'static str, String)>,
}

impl ApiError {
    /// An error with nothing but its code.
    pub fn new(code: ErrorCode) -> Self {
        Self { code, detail: None, retry_after_seconds: None, extra: Vec::new() }
    }

    /// `INVALID_INPUT`, saying what is wrong and what would be right.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidInput).detail(detail)
    }

    /// `INTERNAL_ERROR`. The cause is logged and never told.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(ErrorCode::InternalError)
    }

    /// `SERVICE_UNAVAILABLE`, to be tried again after [`RETRY_AFTER_SECONDS_DEFAULT`].
    pub fn unavailable() -> Self {
        Self::new(ErrorCode::ServiceUnavailable)
    }

    /// Says what is wrong and what would be right.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says when to come again, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds a field to the body.
    #[must_use]
    pub fn with(mut self, field: &'static str, value: impl Into<String>) -> Self {
        self.extra.push((field, value.into()));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Seconds for `Retry-After`; none where the header has no meaning.
    pub fn retry_after_header(&self) -> Option<u32> {
        self.retry_after_seconds.or_else(|| retry_after_default(self.code))
    }

    /// Writes the whole JSON body (`contract.md`, Conventions).
    pub fn write_body(&self, language: Language, timestamp: Timestamp, trace_id: &TraceId, out: &mut Vec<u8>) {
        let fields = BodyFields {
            code: self.code,
            language,
            detail: self.detail.as_deref(),
            extra: &self.extra,
            timestamp,
            trace_id,
        };
        write_error_body(&fields, out);
    }
}

/// What `Retry-After` says for a code when the error itself says nothing.
pub fn retry_after_default(code: ErrorCode) -> Option<u32> {
    matches!(code, ErrorCode::RateLimitExceeded | ErrorCode::ServiceUnavailable | ErrorCode::QueueFull)
        .then_some(RETRY_AFTER_SECONDS_DEFAULT)
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

/// Hands the error to the standard layers, which write the body. Without them the answer is a bare status.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
