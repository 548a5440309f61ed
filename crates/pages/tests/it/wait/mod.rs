//! The waiting pages and the pages of coupons, over an API that answers what a test says and notes what it was asked.

mod coupons;
mod schedules;
mod sites;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode};
use pages::{Settings, Shared};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tower::ServiceExt;

pub const SCHEDULE: &str = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";
pub const EVENT: &str = "0b0e3f2a-6c3d-4a57-9e3f-6d1f0a4f6a11";

/// What the API was asked: method, path with query, `X-CSRF-Token`, `X-Queue-Challenge`, body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub what: String,
    pub csrf: String,
    pub challenge: String,
    pub body: String,
}

type Answers = Arc<Mutex<HashMap<String, (StatusCode, Value)>>>;

/// The pages before an API of a test's own.
#[derive(Clone)]
pub struct Site {
    answers: Answers,
    asked: Arc<Mutex<Vec<Asked>>>,
    pages: Router,
}

impl Site {
    pub fn new() -> Self {
        let (answers, asked) = (Answers::default(), Arc::<Mutex<Vec<Asked>>>::default());
        let (told, noted) = (answers.clone(), asked.clone());
        let api = Router::new().fallback(move |request: Request| {
            let (told, noted) = (told.clone(), noted.clone());
            async move { answer(request, &told, &noted).await }
        });
        let shared = Shared::new(Settings { public_url: "https://tickets.example".to_owned(), ..Settings::default() });
        let pages = pages::in_front(shared.routes(api.clone()), api);
        let site = Self { answers, asked, pages };
        site.tells("GET /session", 200, json!({"user": {"id": "u-1", "name": "Ann", "role": "USER"}}));
        site
    }

    /// From now on the API answers this.
    pub fn tells(&self, what: &str, status: u16, body: Value) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(what.to_owned(), (status, body));
    }

    /// What was asked so far of this.
    pub fn asked(&self, what: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|asked| asked.what == what).cloned().collect()
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        self.call(Method::GET, path, headers, "").await
    }

    pub async fn post(&self, path: &str, form: &str) -> Page {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://tickets.example")];
        self.call(Method::POST, path, &[headers.as_slice(), PERSON].concat(), form).await
    }

    async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let mut request = Request::builder().method(method).uri(path).header("accept", "text/html");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = self.pages.clone().oneshot(request).await.expect("answered");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        Page { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

async fn answer(request: Request, answers: &Answers, asked: &Mutex<Vec<Asked>>) -> Response {
    let (parts, body) = request.into_parts();
    let text = |name: &str| parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let what = format!("{} {}", parts.method, parts.uri);
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(Asked {
        what: what.clone(),
        csrf: text("x-csrf-token").unwrap_or_default(),
        challenge: text("x-queue-challenge").unwrap_or_default(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let told = answers.lock().unwrap_or_else(PoisonError::into_inner).get(&what).cloned();
    let (status, body) =
        told.unwrap_or((StatusCode::NOT_FOUND, json!({"code": "NOT_FOUND", "message": "there is none"})));
    let mut response = (status, axum::Json(&body)).into_response();
    if let Some(token) = body["token"].as_str() {
        let cookie = format!("queueToken={token}; Path=/; HttpOnly");
        response.headers_mut().append("set-cookie", cookie.parse().expect("a cookie"));
    }
    response
}

/// The cookies of a person who is logged in.
pub const PERSON: &[(&str, &str)] = &[("cookie", "accessToken=a; csrfToken=csrf-1")];
/// The same, by a link of this site.
pub const FROM_HERE: &[(&str, &str)] =
    &[("cookie", "accessToken=a; csrfToken=csrf-1"), ("sec-fetch-site", "same-origin")];
/// The same, by a link of another site.
pub const FROM_ELSEWHERE: &[(&str, &str)] =
    &[("cookie", "accessToken=a; csrfToken=csrf-1"), ("sec-fetch-site", "cross-site")];

/// An answer.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    #[track_caller]
    pub fn is(&self, status: u16, state: &str) {
        let marked = format!("data-state=\"{state}\"");
        assert!(self.status == status && self.text.contains(&marked), "{} not {state}: {}", self.status, self.text);
    }

    #[track_caller]
    pub fn leads_to(&self, status: u16, location: &str) {
        let to = self.header("location");
        assert_eq!((self.status.as_u16(), to.as_str()), (status, location), "{}", self.text);
    }

    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).map(|value| value.as_bytes()).unwrap_or_default();
        String::from_utf8_lossy(value).into_owned()
    }

    #[track_caller]
    pub fn has(&self, part: &str) {
        assert!(self.text.contains(part), "{part} not in {}", self.text);
    }
}

pub fn place(status: &str, rank: u64) -> Value {
    json!({"status": status, "scheduleId": SCHEDULE, "rank": rank, "estimatedWaitTime": 120, "token": null, "ticket": 90,
        "behind": 12, "outlook": "UNCERTAIN"})
}

pub fn serving(line: &str, state: &str) -> Value {
    let rate = if state == "PAUSED" { 0.0 } else { 2.0 };
    json!({"line": line, "state": state, "opensAt": null, "serving": 40, "last": 200, "waiting": 60, "ratePerSecond": rate,
        "ticketsPerSecond": rate, "left": [], "notice": {"ko": "<곧> 다시", "en": null}, "at": "2026-11-21T20:00:00", "now": 1})
}
