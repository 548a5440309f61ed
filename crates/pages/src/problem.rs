//! What the API refused, and the page that says so.

use crate::visitor::Visitor;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use onsale_http::ApiError;
use serde_json::{Map, Value};
use std::ops::Deref;
use web::Visit;
use web::errors::{Trouble, error_page};

/// Largest refusal that is read, in bytes.
const BYTES_MAX: usize = 256 * 1024;

/// What the API refused. A handler returns it, and the visitor sees a page that says what is safe; nobody known is led to the
/// log-in.
#[derive(Clone, Debug)]
pub struct Problem(Box<Refusal>);

/// The parts of a [`Problem`].
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// The API's code, such as `HOLD_EXPIRED`.
    pub code: String,
    /// In the visitor's language.
    pub message: Option<String>,
    /// When to try again, in seconds.
    pub retry_after: Option<u32>,
    /// The whole answer, with its further fields.
    pub body: Value,
    /// The trace id.
    pub trace: String,
    /// Where to go instead.
    pub location: Option<String>,
    visit: Visit,
    is_safe: bool,
    login: Option<Box<Problem>>,
}

impl Deref for Problem {
    type Target = Refusal;

    fn deref(&self) -> &Refusal {
        &self.0
    }
}

impl Problem {
    /// Of a page's own.
    pub fn new(visitor: &Visitor, status: StatusCode, code: &str) -> Self {
        Self(Box::new(Refusal {
            status,
            code: code.to_owned(),
            message: None,
            retry_after: None,
            body: Value::Null,
            trace: visitor.trace(),
            location: None,
            visit: visitor.as_ref().clone(),
            is_safe: visitor.method == Method::GET || visitor.method == Method::HEAD,
            login: None,
        }))
    }

    /// There is no such page.
    pub fn not_found(visitor: &Visitor) -> Self {
        Self::new(visitor, StatusCode::NOT_FOUND, "NOT_FOUND")
    }

    /// Leads to another page instead.
    pub fn redirect(visitor: &Visitor, to: String) -> Self {
        let mut problem = Self::new(visitor, StatusCode::FOUND, "");
        problem.0.location = Some(to);
        problem
    }

    /// A 500. The cause is logged and never shown. It must say nothing of what people have sent or were answered
    /// ([`Problem::of_json`]).
    pub fn broken(visitor: &Visitor, cause: impl std::fmt::Display) -> Self {
        // Values of a query are no business of the log.
        let page = visitor.here.split('?').next().unwrap_or_default();
        tracing::error!(%cause, page, "a page could not be made");
        Self::new(visitor, StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR")
    }

    /// 500 of JSON that cannot be read or written. The error's own words name the value that it stumbled over, which may be
    /// anybody's name: the log has its class and its place.
    pub(crate) fn of_json(visitor: &Visitor, error: &serde_json::Error) -> Self {
        let (class, line, column) = (error.classify(), error.line(), error.column());
        Self::broken(visitor, format_args!("JSON: {class:?} at line {line}, column {column}"))
    }

    /// From the API's answer. Inside the standard layers an error is still a value; a service apart has written its body.
    pub(crate) async fn of_answer(visitor: &Visitor, parts: http::response::Parts, body: Body) -> Self {
        let mut problem = Self::new(visitor, parts.status, "");
        let refusal = &mut problem.0;
        if let Some(error) = parts.extensions.get::<ApiError>() {
            let mut written = Vec::new();
            let trace = onsale_http::TraceId::from_header(Some(refusal.trace.as_bytes()));
            error.write_body(visitor.lang, clock::now(), &trace, &mut written);
            refusal.body = serde_json::from_slice(&written).unwrap_or_default();
            refusal.retry_after = error.retry_after_header();
        } else {
            let bytes = to_bytes(body, BYTES_MAX).await.unwrap_or_default();
            refusal.body = serde_json::from_slice(&bytes).unwrap_or(Value::Object(Map::new()));
        }
        let text = |field: &str| refusal.body.get(field).and_then(Value::as_str).map(str::to_owned);
        (refusal.code, refusal.message) = (text("code").unwrap_or_default(), text("message"));
        let header = parts.headers.get(RETRY_AFTER).and_then(|value| value.to_str_lossy().parse().ok());
        refusal.retry_after = header.or(refusal.retry_after);
        if parts.status == StatusCode::UNAUTHORIZED {
            refusal.login = Some(Box::new(visitor.to_login()));
        }
        problem
    }

    /// The page, or where it leads.
    fn page(&self) -> Response {
        if let Some(to) = &self.location {
            let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
            let kept_by_nobody = (CACHE_CONTROL, HeaderValue::from_static("no-store"));
            return (self.status, [(LOCATION, to), kept_by_nobody]).into_response();
        }
        if let Some(login) = self.login.as_ref().filter(|_| self.is_safe) {
            return login.page();
        }
        let is_csrf = self.code == "CSRF_TOKEN_INVALID";
        let t = self.visit.t();
        let message = if is_csrf { t.find("errors-csrf-text") } else { self.message.as_deref() };
        let trouble = Trouble {
            status: self.status,
            code: &self.code,
            message,
            retry_after: self.retry_after,
            trace: &self.trace,
        };
        error_page(&self.visit, &trouble)
    }

    /// The same for another visitor: a page for everybody is made by one of many.
    pub(crate) fn seen_by(&self, visitor: &Visitor) -> Self {
        let mut problem = self.clone();
        problem.0.trace = visitor.trace();
        problem.0.visit = visitor.as_ref().clone();
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.page()
    }
}

/// A header as text without a second look.
trait Lossy {
    fn to_str_lossy(&self) -> std::borrow::Cow<'_, str>;
}

impl Lossy for HeaderValue {
    fn to_str_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }
}
