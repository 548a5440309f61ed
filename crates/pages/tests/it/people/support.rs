//! The stand-in of the API, and a browser without script.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use pages::{Settings, Shared};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

pub const SITE: &str = "http://127.0.0.1:8080";
pub const USER: &str = "0190a1b2-0000-7000-8000-000000000001";

/// A request that the API was told.
#[derive(Clone, Debug)]
pub struct Told {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Told {
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path == path
    }
}

/// An answer of the API: status, body, cookies.
pub type Answer = (u16, Value, Vec<&'static str>);
type Answers = Arc<dyn Fn(&Told) -> Option<Answer> + Send + Sync>;

/// Pages over an API, and a browser's cookies.
#[derive(Clone)]
pub struct Browser {
    pages: Router,
    told: Arc<Mutex<Vec<Told>>>,
    pub cookies: Arc<Mutex<BTreeMap<String, String>>>,
    origin: Option<&'static str>,
}

/// A page as the browser has it.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub html: String,
}

impl Page {
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).map(|value| std::str::from_utf8(value.as_bytes()).expect("text")).unwrap_or_default()
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> Option<String> {
        let mark = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let (_, rest) = self.html.split_once(&mark)?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    }

    pub fn state(&self) -> &str {
        let (_, rest) = self.html.split_once("data-state=\"").unwrap_or_default();
        rest.split_once('"').map(|(state, _)| state).unwrap_or_default()
    }

    /// That the form came back as it should: a summary with focus, the title, the fault at its field.
    pub fn has_fault_at(&self, field: &str) {
        let link = format!("<a href=\"#{field}\">");
        assert!(self.html.contains("id=\"errors\" role=\"alert\" tabindex=\"-1\""), "no summary: {}", self.html);
        assert!(self.html.contains(&link), "no link to {field}: {}", self.html);
        assert!(self.html.contains(&format!("id=\"{field}\"")), "no {field} to go to: {}", self.html);
        assert!(self.html.contains("<title>오류: "), "the title says nothing: {}", self.html);
    }
}

impl Browser {
    pub fn over(settings: Settings, answers: impl Fn(&Told) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let told: Arc<Mutex<Vec<Told>>> = Arc::default();
        let (kept, answers): (_, Answers) = (told.clone(), Arc::new(answers));
        let api = Router::new().fallback(move |request: Request| {
            let (kept, answers) = (kept.clone(), answers.clone());
            async move { answer(request, &kept, &answers).await }
        });
        let pages = Shared::new(settings).routes(api);
        Self { pages, told, cookies: Arc::default(), origin: Some(SITE) }
    }

    /// Somebody who is logged in.
    pub fn known(self) -> Self {
        self.set("accessToken", "access").set("csrfToken", "proof")
    }

    pub fn set(self, name: &str, value: &str) -> Self {
        self.cookies.lock().expect("cookies").insert(name.to_owned(), value.to_owned());
        self
    }

    /// Another browser at the same site.
    pub fn fresh(&self) -> Self {
        Self { cookies: Arc::default(), ..self.clone() }
    }

    /// A page of another site, which makes the same browser send forms.
    pub fn elsewhere(&self) -> Self {
        Self { origin: Some("https://evil.example"), ..self.clone() }
    }

    pub fn told(&self, method: &str, path: &str) -> Vec<Told> {
        self.told.lock().expect("told").iter().filter(|told| told.is(method, path)).cloned().collect()
    }

    pub async fn get(&self, address: &str) -> Page {
        self.ask(Method::GET, address, None).await
    }

    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask(Method::POST, address, Some(body)).await
    }

    async fn ask(&self, method: Method, address: &str, form: Option<String>) -> Page {
        let mut request = http::Request::builder().method(method).uri(address).header(HOST, "127.0.0.1:8080");
        let cookies = self.cookies.lock().expect("cookies").clone();
        if !cookies.is_empty() {
            let text: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, text.join("; "));
        }
        if form.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            if let Some(origin) = self.origin {
                request = request.header(ORIGIN, origin);
            }
        }
        let request = request.body(form.map_or_else(Body::empty, Body::from)).expect("a request");
        let Ok(response) = self.pages.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            self.keep(std::str::from_utf8(cookie.as_bytes()).expect("text"));
        }
        let bytes = to_bytes(body, 1 << 22).await.expect("a body");
        Page { status: parts.status, headers: parts.headers, html: String::from_utf8(bytes.to_vec()).expect("text") }
    }

    fn keep(&self, cookie: &str) {
        let (name, rest) = cookie.split_once('=').expect("a cookie");
        let value = rest.split(';').next().unwrap_or_default();
        let mut cookies = self.cookies.lock().expect("cookies");
        match rest.contains("Max-Age=0") {
            true => cookies.remove(name),
            false => cookies.insert(name.to_owned(), value.to_owned()),
        };
    }
}

async fn answer(request: Request, kept: &Mutex<Vec<Told>>, answers: &Answers) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.expect("a body");
    let told = Told {
        method: parts.method,
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        headers: parts.headers,
    };
    let refusal = judge(&told);
    if refusal.is_none() {
        kept.lock().expect("told").push(told.clone());
    }
    let (status, body, cookies) = refusal.or_else(|| answers(&told)).or_else(|| usual(&told)).unwrap_or_else(|| {
        (404, json!({"code": "NOT_FOUND", "message": format!("{} {}", told.method, told.path)}), vec![])
    });
    let status = StatusCode::from_u16(status).expect("a status");
    let mut response = (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie.parse().expect("a cookie"));
    }
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map(|value| std::str::from_utf8(value.as_bytes()).expect("text")).unwrap_or_default()
}

fn has_session(told: &Told) -> bool {
    text(&told.headers, "cookie").contains("accessToken=access")
}

/// The gateway's filters, as far as pages meet them.
fn judge(told: &Told) -> Option<Answer> {
    let refused = |status, code: &str| Some((status, json!({"code": code, "message": code}), vec![]));
    let is_ours = text(&told.headers, "origin") == SITE;
    if told.method != Method::GET && has_session(told) && (!is_ours || text(&told.headers, "x-csrf-token") != "proof") {
        return refused(403, "CSRF_TOKEN_INVALID");
    }
    if told.is("POST", "/session") && !is_ours {
        return refused(403, "CSRF_TOKEN_INVALID");
    }
    let is_own =
        ["/users/", "/reservations", "/payments", "/api/v1/coupons/mine"].iter().any(|at| told.path.starts_with(at));
    if is_own && !has_session(told) {
        return refused(401, "UNAUTHORIZED");
    }
    None
}

fn usual(told: &Told) -> Option<Answer> {
    let user = json!({"id": USER, "name": "김민수", "role": "USER"});
    match (told.method.as_str(), told.path.as_str()) {
        ("GET", "/session") if has_session(told) => Some((200, json!({"user": user, "expiresAt": null}), vec![])),
        ("GET", "/session") => Some((200, json!({"user": null, "expiresAt": null}), vec![])),
        ("DELETE", "/session") => {
            Some((204, Value::Null, vec!["accessToken=; Path=/; Max-Age=0", "csrfToken=; Path=/; Max-Age=0"]))
        }
        ("GET", "/users/me") => Some((
            200,
            json!({"id": USER, "email": "kim@example.com", "name": "김민수",
            "phone": "010-1234-5678", "role": "USER", "createdAt": "2026-01-02T03:04:05"}),
            vec![],
        )),
        _ => None,
    }
}

pub fn demo() -> Settings {
    Settings {
        has_sandbox: true,
        identity_sdk_url: "/sandbox/portone/identity-window".into(),
        recaptcha_script_url: "/sandbox/recaptcha/api.js".into(),
        social_providers: vec!["kakao".into()],
        ..Settings::default()
    }
}

pub fn refused(status: u16, code: &str) -> Option<Answer> {
    Some((status, json!({"code": code, "message": code}), vec![]))
}
