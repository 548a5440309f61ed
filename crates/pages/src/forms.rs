//! Forms that work without script.
//!
//! A form has two hidden fields: `csrfToken`, which is sent on as `X-CSRF-Token` for the filters to judge, and
//! `idempotencyKey`, under which the thing happens once however often the button is pressed. A form's answer is a
//! redirection (303), so that reloading sends nothing again.

use crate::Pages;
use crate::api::put_origin;
use crate::problem::Problem;
use crate::visitor::Visitor;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;

/// Largest form, in bytes.
const FORM_BYTES_MAX: usize = 65_536;
/// Longest value of a hidden field that is looked at, in bytes.
const HIDDEN_BYTES_MAX: usize = 255;

/// That a page of this site asked for a change, and the key under which it happens once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    csrf: Option<String>,
    key: Option<String>,
    is_by_page: bool,
}

impl Proof {
    /// For a change that a visit itself makes, by design: entering a line. No page has asked for it, so nothing that costs
    /// anybody anything may be done with it.
    pub fn by_visit(visitor: &Visitor) -> Self {
        Self { csrf: visitor.csrf.clone(), key: None, is_by_page: true }
    }

    /// The same proof under another key: for the second of two changes by one form.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The key under which the change happens once.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub(crate) fn put(&self, headers: &mut HeaderMap, origin: &HeaderValue) {
        let mut put = |name: &'static str, value: &Option<String>| {
            if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        };
        put("x-csrf-token", &self.csrf);
        put("idempotency-key", &self.key);
        if self.is_by_page {
            put_origin(headers, origin);
        }
    }
}

/// The fields of a form. `T` may have lists: checkboxes of one name.
#[derive(Clone, Debug)]
pub struct Fields<T> {
    /// What the form is about.
    pub value: T,
    /// The hidden fields, for [`crate::Api::send`].
    pub proof: Proof,
    /// All fields as they came, to show them again.
    pub all: Vec<(String, String)>,
}

impl<T> Fields<T> {
    /// The first value of a field.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.all.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl<T: DeserializeOwned> FromRequest<Pages> for Fields<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Pages) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let visitor = Visitor::of(&parts);
        let refused = |status: StatusCode, code: &'static str| Problem::new(&visitor, status, code);
        let kind = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded") {
            return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"));
        }
        let bytes = to_bytes(body, FORM_BYTES_MAX).await;
        let bytes = bytes.map_err(|_| refused(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"))?;
        let all: Vec<(String, String)> =
            url::form_urlencoded::parse(&bytes).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let value =
            serde_html_form::from_bytes(&bytes).map_err(|_| refused(StatusCode::BAD_REQUEST, "INVALID_INPUT"))?;
        let hidden = |wanted: &str| {
            let found = all.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
            found.filter(|value| !value.is_empty() && value.len() <= HIDDEN_BYTES_MAX)
        };
        let proof = Proof { csrf: hidden("csrfToken"), key: hidden("idempotencyKey"), is_by_page: false };
        Ok(Self { value, proof, all })
    }
}

/// 303 to a page of this site: the answer to every form.
pub fn see_other(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}
