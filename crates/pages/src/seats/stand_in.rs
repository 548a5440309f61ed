//! A stand-in for the API in tests of the pages of seats and payments: it answers what it was given, and keeps what it was asked.

use crate::{Settings, Shared};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, COOKIE, LOCATION};
use http::{Method, StatusCode};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// One call that the API got.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub line: String,
    pub body: Value,
    pub key: Option<String>,
    pub csrf: Option<String>,
}

/// A page's answer.
pub(crate) struct Page {
    pub status: StatusCode,
    pub location: String,
    pub policy: String,
    pub html: String,
}

type Answer = (u16, Vec<u8>);

/// The API, and the pages before it.
#[derive(Clone, Default)]
pub(crate) struct StandIn {
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    calls: Arc<Mutex<Vec<Call>>>,
    pub settings: Settings,
}

impl StandIn {
    /// What `GET /path` and the like are answered from now on.
    pub fn answers(&self, line: &str, status: u16, body: &Value) {
        self.answers_bytes(line, status, body.to_string().into_bytes());
    }

    pub fn answers_bytes(&self, line: &str, status: u16, body: Vec<u8>) {
        self.answers.lock().expect("a lock").insert(line.to_owned(), (status, body));
    }

    /// Calls that changed something, in their order.
    pub fn changes(&self) -> Vec<Call> {
        let calls = self.calls.lock().expect("a lock");
        calls.iter().filter(|call| !call.line.starts_with("GET ")).cloned().collect()
    }

    pub async fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path, "").await
    }

    pub async fn post(&self, path: &str, form: &str) -> Page {
        self.ask(Method::POST, path, form).await
    }

    async fn ask(&self, method: Method, path: &str, form: &str) -> Page {
        let api = self.clone();
        let api = Router::new().fallback(move |request: Request| async move { api.answer(request).await });
        let pages = Shared::new(self.settings.clone()).routes(api);
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header(COOKIE, "csrfToken=csrf-1; accessToken=x; queueToken=y; lang=ko")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .expect("a request");
        let Ok(response) = pages.oneshot(request).await;
        let (parts, body) = response.into_parts();
        let text = |name: &str| {
            let value = parts.headers.get(name).map(|value| value.as_bytes()).unwrap_or_default();
            String::from_utf8_lossy(value).into_owned()
        };
        let html = to_bytes(body, 1 << 22).await.expect("a body");
        Page {
            status: parts.status,
            location: text(LOCATION.as_str()),
            policy: text("content-security-policy"),
            html: String::from_utf8(html.to_vec()).expect("text"),
        }
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        let line = format!("{} {}", parts.method, parts.uri.path());
        let text =
            |name: &str| parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let call = Call {
            line: line.clone(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            key: text("idempotency-key"),
            csrf: text("x-csrf-token"),
        };
        self.calls.lock().expect("a lock").push(call);
        let found = self.answers.lock().expect("a lock").get(&line).cloned();
        let (status, body) = found.unwrap_or((404, br#"{"code":"NOT_FOUND"}"#.to_vec()));
        (StatusCode::from_u16(status).expect("a status"), body).into_response()
    }
}
