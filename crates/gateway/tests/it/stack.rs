//! A gateway around services that tell what reached them.

use access::session_cookies::{SessionCookies, SessionTokens};
use access::token::{AccessClaims, RefreshClaims};
use access::{Person, TokenKeys};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use domain::account::UserRole;
use domain::{AccountId, Timestamp};
use gateway::routes::ROWS;
use gateway::{Gateway, Service, Settings};
use hot::embedded::{EmbeddedKeys, EmbeddedLimits};
use hot::{KeyPort, LimitPort};
use http::{HeaderMap, HeaderName, HeaderValue};
use onsale_http::{HttpSettings, standard};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;
use uuid::Uuid;

pub const SECRET: &str = "a secret of at least sixty-four bytes, which nobody would use anywhere";
pub const PREVIOUS: &str = "another secret of at least sixty-four bytes, which was used until now";
pub const SERVICE_KEY: &str = "5f4d1c1e-8f0c-4d7e-9c60-0a3b5d0c7e11";
pub const SITE: &str = "https://tickets.example";
pub const PASS: &str = "qr_0190a1b2-0000-7000-8000-00000000000f";
/// Longest wait for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn keys() -> TokenKeys {
    TokenKeys::new(SECRET, PREVIOUS).expect("keys")
}

pub fn cookies() -> SessionCookies {
    SessionCookies::new(SECRET, PREVIOUS, SITE).expect("cookies")
}

pub fn account(role: UserRole) -> AccountId {
    AccountId(Uuid::from_u128(0x0190_a1b2_0000_7000_8000_0000_0000_0000 + role as u128 + 1))
}

pub fn seconds() -> i64 {
    clock::now().millis() / 1_000
}

pub fn claims(role: UserRole) -> AccessClaims {
    let (sub, iat) = (account(role), seconds());
    AccessClaims { sub, jti: format!("jti-{}", role.as_str()), role, email: "a@b.kr".into(), iat, exp: iat + 3_600 }
}

pub fn access_token(role: UserRole) -> String {
    keys().access_token(&claims(role))
}

pub fn refresh_token(role: UserRole, jti: &str, life: i64) -> String {
    let (sub, iat) = (account(role), seconds());
    keys().refresh_token(&RefreshClaims { sub, jti: jti.into(), iat, exp: iat + life })
}

/// The `Cookie` of a page of this person, and its CSRF token.
pub fn page(role: UserRole) -> (String, String) {
    let (access, refresh) = (access_token(role), refresh_token(role, "r", 604_800));
    let tokens = SessionTokens {
        account: account(role),
        access: &access,
        access_seconds: 3_600,
        refresh: &refresh,
        refresh_seconds: 604_800,
    };
    let pairs: Vec<String> = cookies().begin(&tokens).iter().map(|cookie| pair(cookie).join("=")).collect();
    let csrf = pairs[2].split_once('=').expect("a pair").1.to_owned();
    (pairs.join("; "), csrf)
}

/// Name and value of a `Set-Cookie`.
pub fn pair(cookie: &HeaderValue) -> [String; 2] {
    let text = std::str::from_utf8(cookie.as_bytes()).expect("text");
    let (name, value) = text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
    [name.to_owned(), value.to_owned()]
}

/// What a test may choose.
pub struct Stack {
    pub settings: Settings,
    pub http: HttpSettings,
    pub keys: Arc<dyn KeyPort>,
    pub limits: Arc<dyn LimitPort>,
}

impl Default for Stack {
    fn default() -> Self {
        let settings =
            Settings { public_url: SITE.to_owned(), service_key: SERVICE_KEY.to_owned(), ..Settings::default() };
        let http =
            HttpSettings { request_timeout: Duration::from_secs(75), access_log: false, ..HttpSettings::default() };
        let (keys, limits) = (Arc::new(EmbeddedKeys::default()), Arc::new(EmbeddedLimits::default()));
        Self { settings, http, keys, limits }
    }
}

impl Stack {
    pub fn gateway(&self) -> Gateway {
        Gateway::new(self.settings.clone(), keys(), cookies(), self.keys.clone(), self.limits.clone())
    }

    /// Around these services.
    pub fn around(&self, services: Router) -> Front {
        self.around_with(services, Router::new())
    }

    /// The same, with a user role for sessions.
    pub fn around_with(&self, services: Router, accounts: Router) -> Front {
        let router = gateway::around(services, accounts, self.gateway());
        Front(standard(router, self.http.clone()))
    }

    /// Around services that tell what they were asked.
    pub fn telling(&self) -> Front {
        self.around(telling())
    }
}

/// Every route of the table but the gateway's own: tells what reached it.
pub fn telling() -> Router {
    let own = ["/session", "/session/refresh", "/session/renew", "/time"];
    let patterns: BTreeSet<&str> = ROWS.iter().map(|row| row.pattern).filter(|path| !own.contains(path)).collect();
    let internal = ["/internal/keys/check", "/gate/events/{event_id}/processing/complete"];
    let all = patterns.into_iter().chain(internal);
    all.fold(Router::new(), |router, pattern| router.route(pattern, any(tell)))
}

async fn tell(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, 4 * 1024 * 1024).await {
        Ok(body) => body,
        Err(_) => return http::StatusCode::BAD_REQUEST.into_response(),
    };
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let person = parts
        .extensions
        .get::<Person>()
        .map(|person| json!({"id": person.id.to_string(), "role": person.role.as_str()}));
    let route = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
    axum::Json(json!({
        "method": parts.method.as_str(), "target": parts.uri.to_string(), "route": route, "person": person,
        "headers": headers, "body": String::from_utf8_lossy(&body),
    }))
    .into_response()
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, 64 * 1024 * 1024)).await;
        let bytes = bytes.expect("the body ends").unwrap_or_default().to_vec();
        Self { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| std::str::from_utf8(value.as_bytes()).expect("text"))
    }

    /// A header as the service saw it.
    pub fn told(&self, name: &str) -> Option<String> {
        let told = self.json();
        let found = told["headers"].as_array()?.iter().find(|pair| pair[0] == name)?;
        found[1].as_str().map(str::to_owned)
    }

    /// Name and value of every cookie that is set.
    pub fn set_cookies(&self) -> Vec<[String; 2]> {
        self.headers.get_all("set-cookie").iter().map(pair).collect()
    }
}

/// The way in.
#[derive(Clone)]
pub struct Front(pub Router);

impl Front {
    pub async fn send(&self, mut request: Request) -> Response {
        let peer = SocketAddr::from(([203, 0, 113, 7], 4_711));
        request.extensions_mut().insert(ConnectInfo(peer));
        request.headers_mut().entry("host").or_insert(HeaderValue::from_static("tickets.example"));
        let answered = tokio::time::timeout(PATIENCE, self.0.clone().oneshot(request)).await;
        answered.expect("an answer in time").expect("infallible")
    }

    pub async fn call(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer::of(self.send(request(method, target, headers, body)).await).await
    }

    pub async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.call("GET", target, headers, "").await
    }
}

pub fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let mut request = Request::new(Body::from(body.to_owned()));
    *request.method_mut() = method.parse().expect("a method");
    *request.uri_mut() = target.parse().expect("a target");
    if !body.is_empty() {
        request.headers_mut().insert("content-length", HeaderValue::from(body.len()));
    }
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
    }
    request
}

pub fn bearer(role: UserRole) -> String {
    format!("Bearer {}", access_token(role))
}

/// A moment for tests that set the clock.
pub const NOON: Timestamp = Timestamp(1_800_000_000_000);

#[allow(dead_code, reason = "for tests of one service")]
pub fn is_services(service: Service) -> impl Fn(&&gateway::routes::Row) -> bool {
    move |row| row.service == service
}
