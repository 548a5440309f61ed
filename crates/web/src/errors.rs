//! What a person reads when something went wrong: what is safe, and what to do next.

use crate::page::{Caching, Policy, page};
use crate::shell::Shell;
use crate::visit::Visit;
use askama::Template;
use axum::response::Response;
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

/// A fault in a form. A template with a form has them as `errors: Vec<FieldError>` and begins with
/// `{% include "errors.html" %}`: the summary on top, with links to the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's `id`; empty where the fault is in none.
    pub field: String,
    /// What is wrong and how to mend it.
    pub text: String,
}

impl FieldError {
    /// A fault in a field.
    pub fn new(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self { field: field.into(), text: text.into() }
    }
}

/// Something went wrong, and there is no page to say it on.
#[derive(Clone, Debug)]
pub struct Trouble<'a> {
    /// The status of the answer.
    pub status: StatusCode,
    /// The API's code, if it said one.
    pub code: &'a str,
    /// In the reader's language.
    pub message: Option<&'a str>,
    /// When to try again, in seconds.
    pub retry_after: Option<u32>,
    /// For a call to support.
    pub trace: &'a str,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    shell: Shell,
    heading: &'a str,
    message: &'a str,
    safe: &'a str,
    again: Option<&'a str>,
    retry_after: Option<u32>,
}

/// The page of an error.
pub fn error_page(visitor: &impl AsRef<Visit>, trouble: &Trouble<'_>) -> Response {
    let visit = visitor.as_ref();
    let t = visit.t();
    let is_csrf = trouble.code == "CSRF_TOKEN_INVALID";
    let kind = if is_csrf { "csrf" } else { kind_of(trouble.status) };
    let heading = t.find(&format!("errors-{kind}-title")).unwrap_or(trouble.code);
    let words = t.find(&format!("errors-{kind}-text")).unwrap_or_default();
    // The API's own words say more where the request was at fault; where a server was, they say less than the page's.
    let is_ours = is_csrf || trouble.status.is_server_error() || matches!(trouble.status.as_u16(), 404 | 429);
    let message = trouble.message.filter(|_| !is_ours).unwrap_or(words);
    let may_again = trouble.status.is_server_error() || matches!(trouble.status.as_u16(), 403 | 408 | 409 | 429);
    let template = ErrorPage {
        shell: Shell::new(visit, heading).trace(trouble.trace),
        heading,
        message,
        safe: t.get(safe_id(&visit.here, trouble.status)),
        again: may_again.then_some(visit.here.as_str()),
        retry_after: trouble.retry_after,
    };
    let mut response = page(trouble.status, &template.shell, &Policy::Common, Caching::Private, &template);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = trouble.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn kind_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "forbidden",
        404 | 410 => "missing",
        429 => "busy",
        502..=504 => "away",
        500.. => "broken",
        _ => "refused",
    }
}

/// What is safe, by the page that was asked for: the id of its sentence.
fn safe_id(here: &str, status: StatusCode) -> &'static str {
    let at = |start: &str| here.starts_with(start);
    match () {
        () if status == StatusCode::NOT_FOUND => "errors-safe-nothing",
        () if at("/wait") => "errors-safe-place",
        () if at("/pay") => "errors-safe-money",
        () if at("/seats") => "errors-safe-seats",
        () if at("/me") => "errors-safe-tickets",
        () if at("/coupons") => "errors-safe-coupon",
        () => "errors-safe-nothing",
    }
}
