//! The one error type of the HTTP edge: a stable code and a detail.

pub mod body;
mod from;

use crate::text::language::Language;
use crate::trace::TraceId;
use axum::response::{IntoResponse, Response};
use body::{BodyFields, write_error_body};
use domain::{ErrorCode, Timestamp};
use http::StatusCode;

/// `Retry-After` in seconds of an error without its own value. 429 and 503 always carry the header.
pub const RETRY_AFTER_SECONDS_DEFAULT: u32 = 1;

/// An API error. A handler returns it, and the standard layers write its body: they know the language and the trace id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The stable code for clients to branch on.
    pub code: ErrorCode,
    /// The mistake and its correction, in English, for the developer of the client: `stock must be 1 to 100000000`.
    /// Appended to the message. Never contains a secret or an overlong input.
    pub detail: Option<String>,
    /// Value of `Retry-After`, in seconds.
    pub retry_after_seconds: Option<u32>,
    /// Further fields of the body that are text, such as `reason`.
    pub extra: Vec<(&'static str, String)>,
    /// Further fields of the body that are numbers, lists or objects, each as JSON.
    pub extra_json: Vec<(&'static str, String)>,
}

impl ApiError {
    /// An error that has only a code.
    pub fn new(code: ErrorCode) -> Self {
        Self { code, detail: None, retry_after_seconds: None, extra: Vec::new(), extra_json: Vec::new() }
    }

    /// `INVALID_INPUT`, with the mistake and its correction.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidInput).detail(detail)
    }

    /// `INTERNAL_ERROR`. The cause is logged and never sent.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(ErrorCode::InternalError)
    }

    /// `SERVICE_UNAVAILABLE`, with [`RETRY_AFTER_SECONDS_DEFAULT`].
    pub fn unavailable() -> Self {
        Self::new(ErrorCode::ServiceUnavailable)
    }

    /// Adds the mistake and its correction.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Sets `Retry-After`, in seconds.
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

    /// Adds a field to the body that is a number, a list or an object. What cannot be written is left out.
    #[must_use]
    pub fn with_json(mut self, field: &'static str, value: &impl serde::Serialize) -> Self {
        self.extra_json.extend(serde_json::to_string(value).ok().map(|text| (field, text)));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Seconds for `Retry-After`; none for codes without the header.
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
            extra_json: &self.extra_json,
            timestamp,
            trace_id,
        };
        write_error_body(&fields, out);
    }
}

/// `Retry-After` of a code, for errors without their own value, in seconds.
pub fn retry_after_default(code: ErrorCode) -> Option<u32> {
    matches!(code.status(), 429 | 503).then_some(RETRY_AFTER_SECONDS_DEFAULT)
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

/// Passes the error to the standard layers, which write the body. Without them the response is a bare status.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
