//! Requests to the API in memory.
//!
//! A page is the API's first client: it has no way of its own to the services. Its requests carry the visitor's cookies, network,
//! language and trace id through the same filters as anybody's, so that sessions, CSRF tokens, roles, limits and breakers are
//! judged in one place.

use crate::forms::Proof;
use crate::problem::Problem;
use crate::visitor::{Visitor, request};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt;

/// The media type of all answers.
pub(crate) const JSON: &str = "application/json";
/// Largest answer that a page reads, in bytes.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// For answers without a body: `api.send::<Nothing>(...)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing;

impl<'de> serde::Deserialize<'de> for Nothing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// A yes of the API.
#[derive(Clone, Debug)]
pub struct Reply<T> {
    /// The status: 200, 201, 204.
    pub status: StatusCode,
    /// The answer.
    pub body: T,
    /// Cookies that go on to the browser.
    pub cookies: Vec<HeaderValue>,
    /// Where the thing is that was made.
    pub location: Option<String>,
}

impl<T> Reply<T> {
    /// Puts the cookies on an answer to the browser.
    pub fn put_cookies(&self, response: &mut Response) {
        for cookie in &self.cookies {
            response.headers_mut().append(SET_COOKIE, cookie.clone());
        }
    }
}

/// The API, in memory. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    router: Router,
    /// This site's origin, for requests that a page makes by itself.
    origin: HeaderValue,
}

impl Api {
    pub(crate) fn new(router: Router, public_url: String) -> Self {
        let origin = url::Url::parse(&public_url).ok().map(|url| url.origin().ascii_serialization());
        let origin = origin.and_then(|origin| HeaderValue::try_from(origin).ok());
        Self { router, origin: origin.unwrap_or(HeaderValue::from_static("null")) }
    }

    /// Reads something.
    ///
    /// # Errors
    /// What the API refused.
    pub async fn get<T: DeserializeOwned>(&self, visitor: &Visitor, path: &str) -> Result<T, Problem> {
        let request = request(visitor, Method::GET, path)?.body(Body::empty());
        let request = request.map_err(|_| Problem::new(visitor, StatusCode::NOT_FOUND, "NOT_FOUND"))?;
        self.ask(visitor, request).await.map(|reply| reply.body)
    }

    /// Changes something. `proof`: that a page of this site asked for it, and the key under which it happens once;
    /// [`crate::Fields`] has one.
    ///
    /// # Errors
    /// What the API refused.
    pub async fn send<T: DeserializeOwned>(
        &self,
        visitor: &Visitor,
        method: Method,
        path: &str,
        body: &impl Serialize,
        proof: &Proof,
    ) -> Result<Reply<T>, Problem> {
        let bytes = serde_json::to_vec(body).map_err(|error| Problem::of_json(visitor, &error))?;
        let bytes = if bytes == b"null" { Vec::new() } else { bytes };
        let mut builder = request(visitor, method, path)?;
        if let Some(headers) = builder.headers_mut() {
            if !bytes.is_empty() {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
                // Routes whose body may be left out look here whether there is one.
                headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            }
            proof.put(headers, &self.origin);
        }
        let request = builder.body(Body::from(bytes));
        let request = request.map_err(|_| Problem::new(visitor, StatusCode::NOT_FOUND, "NOT_FOUND"))?;
        self.ask(visitor, request).await
    }

    /// Hands a whole request on as it came: for addresses that a page shares with the API.
    pub async fn pass_on(&self, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        // The page's own route has left its parameters there: those of the API's route would come on top of them.
        parts.extensions = Visitor::of(&parts).extensions;
        self.call(Request::from_parts(parts, body)).await
    }

    /// A request that begins with what a visitor sends on ([`request`]).
    pub(crate) async fn call(&self, request: Request) -> Response {
        let Ok(response) = self.router.clone().oneshot(request).await;
        response
    }

    async fn ask<T: DeserializeOwned>(&self, visitor: &Visitor, request: Request) -> Result<Reply<T>, Problem> {
        let (parts, body) = self.call(request).await.into_parts();
        if !parts.status.is_success() {
            return Err(Problem::of_answer(visitor, parts, body).await);
        }
        let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|error| Problem::broken(visitor, error))?;
        let bytes = if bytes.is_empty() { Bytes::from_static(b"null") } else { bytes };
        let body = serde_json::from_slice(&bytes).map_err(|error| Problem::of_json(visitor, &error))?;
        let cookies = parts.headers.get_all(SET_COOKIE).iter().cloned().collect();
        let location = text_of(&parts.headers, &LOCATION);
        Ok(Reply { status: parts.status, body, cookies, location })
    }
}

/// A header as text.
pub(crate) fn text_of(headers: &HeaderMap, name: &http::HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    std::str::from_utf8(value.as_bytes()).ok().map(str::to_owned)
}

/// The header that says which page sends.
pub(crate) fn put_origin(headers: &mut HeaderMap, origin: &HeaderValue) {
    headers.insert(ORIGIN, origin.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::post;

    /// Routes whose body may be left out look at its length: a pause would lose its words.
    #[tokio::test]
    async fn what_is_sent_has_its_length() {
        let length = |headers: HeaderMap| async move { axum::Json(text_of(&headers, &CONTENT_LENGTH)) };
        let api = Api::new(Router::new().route("/pause", post(length)), "http://shop.example".to_owned());
        let (parts, ()) = axum::http::Request::new(()).into_parts();
        let visitor = Visitor::of(&parts);
        let send = async |body: serde_json::Value| {
            let sent = api.send::<Option<String>>(&visitor, Method::POST, "/pause", &body, &Proof::default()).await;
            sent.expect("an answer").body
        };
        assert_eq!(send(serde_json::json!({"a": 1})).await.as_deref(), Some("7"));
        assert_eq!(send(serde_json::Value::Null).await, None);
    }
}
