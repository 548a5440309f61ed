//! The stand-in of the API, and an operator's browser without script.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN};
use http::{HeaderMap, Method, StatusCode};
use pages::{Settings, Shared};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

const SITE: &str = "http://127.0.0.1:8080";

/// A change that the API was told.
#[derive(Clone, Debug)]
pub struct Told {
    pub what: String,
    pub key: String,
    pub body: Value,
}

type Answers = Arc<Mutex<HashMap<String, (u16, Value)>>>;

/// The pages over an API of a test's own, and the browser of somebody who is logged in.
#[derive(Clone)]
pub struct Console {
    pages: Router,
    answers: Answers,
    told: Arc<Mutex<Vec<Told>>>,
    cookie: &'static str,
}

/// A page as the browser has it.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub html: String,
}

impl Page {
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).map(|value| std::str::from_utf8(value.as_bytes()).expect("text")).unwrap_or_default()
    }

    #[track_caller]
    pub fn is(&self, status: u16, state: &str) {
        let marked = format!("<main id=\"main\" data-state=\"{state}\">");
        assert!(self.status == status && self.html.contains(&marked), "{} not {state}: {}", self.status, self.html);
    }

    #[track_caller]
    pub fn leads_to(&self, location: &str) {
        assert_eq!((self.status, self.location()), (303, location), "{}", self.html);
    }

    #[track_caller]
    pub fn has(&self, part: &str) {
        assert!(self.html.contains(part), "{part} not in {}", self.html);
    }

    #[track_caller]
    pub fn has_not(&self, part: &str) {
        assert!(!self.html.contains(part), "{part} in {}", self.html);
    }

    /// That the form came back: a summary with a way to the field, the fault beside it, the title.
    #[track_caller]
    pub fn has_fault_at(&self, field: &str) {
        self.has(&format!("<a href=\"#{field}\">"));
        self.has(&format!("<p class=\"error\" id=\"{field}-error\">"));
        self.has("aria-invalid=\"true\"");
        self.has("<title>오류: ");
    }

    /// What a form of the page would send of a hidden field.
    pub fn hidden(&self, name: &str) -> String {
        let mark = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let rest = self.html.split_once(&mark).map(|(_, rest)| rest).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

impl Console {
    pub fn new() -> Self {
        let (answers, told) = (Answers::default(), Arc::<Mutex<Vec<Told>>>::default());
        let (says, keeps) = (answers.clone(), told.clone());
        let api = Router::new().fallback(move |request: Request| {
            let (says, keeps) = (says.clone(), keeps.clone());
            async move { answer(request, &says, &keeps).await }
        });
        let pages = Shared::new(Settings::default()).routes(api);
        let console = Self { pages, answers, told, cookie: "accessToken=access; csrfToken=proof" };
        console.says("GET /session", 200, json!({"user": {"id": "op-1", "name": "운영자", "role": "ADMIN"}}));
        console.says("GET /queue/admin/stats", 200, json!({"totalWaiting": 0, "scheduleStats": []}));
        console
    }

    /// The same with other cookies.
    pub fn with(&self, cookie: &'static str) -> Self {
        Self { cookie, ..self.clone() }
    }

    /// From now on the API answers this.
    pub fn says(&self, what: &str, status: u16, body: Value) {
        self.answers.lock().expect("answers").insert(what.to_owned(), (status, body));
    }

    /// From now on the API refuses this.
    pub fn refuses(&self, what: &str, status: u16, code: &str) {
        self.says(what, status, json!({"code": code, "message": format!("refused: {code}")}));
    }

    /// The changes that the API was told.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().expect("told").clone()
    }

    /// The only change that the API was told.
    #[track_caller]
    pub fn only(&self, what: &str) -> Value {
        let told = self.told();
        assert_eq!(told.iter().map(|told| told.what.as_str()).collect::<Vec<_>>(), [what]);
        assert!(!told[0].key.is_empty(), "sent twice it would happen twice");
        told[0].body.clone()
    }

    #[track_caller]
    pub fn told_nothing(&self) {
        assert!(self.told().is_empty(), "{:?}", self.told());
    }

    pub async fn get(&self, address: &str) -> Page {
        self.ask(Method::GET, address, None).await
    }

    /// Presses a button of a form with the page's hidden fields.
    pub async fn press(&self, address: &str, fields: &[(&str, &str)]) -> Page {
        let fields = [fields, &[("csrfToken", "proof"), ("idempotencyKey", "key-1")]].concat();
        self.post(address, &fields).await
    }

    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask(Method::POST, address, Some(("application/x-www-form-urlencoded", body.into_bytes()))).await
    }

    pub async fn ask(&self, method: Method, address: &str, form: Option<(&str, Vec<u8>)>) -> Page {
        let mut request = http::Request::builder().method(method).uri(address).header(HOST, "127.0.0.1:8080");
        request = request.header(COOKIE, self.cookie).header("accept-language", "ko");
        if let Some((kind, _)) = &form {
            request = request.header(CONTENT_TYPE, *kind).header(ORIGIN, SITE);
        }
        let request = request.body(form.map_or_else(Body::empty, |(_, body)| Body::from(body))).expect("a request");
        let Ok(response) = self.pages.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.expect("a body");
        let html = String::from_utf8(bytes.to_vec()).expect("text");
        Page { status: parts.status.as_u16(), headers: parts.headers, html }
    }
}

async fn answer(request: Request, says: &Answers, keeps: &Mutex<Vec<Told>>) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.expect("a body");
    let text = |name: &str| {
        parts
            .headers
            .get(name)
            .map(|value| std::str::from_utf8(value.as_bytes()).expect("text").to_owned())
            .unwrap_or_default()
    };
    let what = format!("{} {}", parts.method, parts.uri);
    let is_change = parts.method != Method::GET;
    // The gateway's filter: a change by a session needs the token of a page of this site.
    let is_forged = is_change && (text("x-csrf-token") != "proof" || text("origin") != SITE);
    let (status, body) = match is_forged {
        true => (403, json!({"code": "CSRF_TOKEN_INVALID", "message": "forged"})),
        false => {
            if is_change {
                let body = serde_json::from_slice(&bytes).unwrap_or_default();
                keeps.lock().expect("told").push(Told { what: what.clone(), key: text("idempotency-key"), body });
            }
            let known = says.lock().expect("answers").get(&what).cloned();
            known.unwrap_or_else(|| (404, json!({"code": "NOT_FOUND", "message": what})))
        }
    };
    let status = StatusCode::from_u16(status).expect("a status");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// A site's line as the API has it.
pub fn site_line(rate: u32) -> Value {
    json!({"name": "shop", "line": "queue:shop", "ratePerSecond": rate, "paused": false, "capacity": 50000, "maxInside": 0,
        "tokenTtlSeconds": 600, "opensAt": null, "closesAt": null, "switch": "on", "onAboveInside": null, "challenge": "none",
        "positionsPerNetwork": 0, "exceptions": [], "look": null})
}

/// The line `shop` in front of a site.
pub fn with_shop(rate: u32, waiting: u64) -> Console {
    let console = Console::new();
    console.says("GET /queue/admin/lines/shop", 200, site_line(rate));
    let stats = json!({"scheduleId": "shop", "waitingCount": waiting, "activeCount": 3, "admittedCount": 5,
        "measuredPerSecond": 9.5, "ratePerSecond": rate, "paused": false});
    console.says("GET /queue/admin/stats", 200, json!({"totalWaiting": waiting, "scheduleStats": [stats]}));
    console.says("GET /queue/serving/shop?ranges=1", 200, json!({"state": "OPEN", "notice": null}));
    console
}
