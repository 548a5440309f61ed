//! `/session`, over a user role that keeps its families in memory.

use crate::stack::{
    Answer, Front, NOON, SERVICE_KEY, SITE, Stack, access_token, account, page, refresh_token, request, seconds,
};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::ErrorCode;
use domain::account::UserRole::{Admin, User};
use http::request::Parts;
use onsale_http::ApiError;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What the user role was asked, and which refresh token is good.
#[derive(Clone, Default)]
struct Role(Arc<Mutex<RoleState>>);

#[derive(Default)]
struct RoleState {
    good: String,
    calls: Vec<(String, Value)>,
    is_away: bool,
}

impl Role {
    fn calls(&self) -> Vec<(String, Value)> {
        self.0.lock().expect("not poisoned").calls.clone()
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/internal/sessions/login", post(log_in))
            .route("/internal/sessions/refresh", post(refresh))
            .route("/internal/sessions/end", post(end))
            .route("/internal/users/{id}", get(user))
            .with_state(self.clone())
    }

    fn session(&self) -> Response {
        let jti = format!("number {}", self.calls().len());
        let refresh = refresh_token(User, &jti, 604_800);
        self.0.lock().expect("not poisoned").good.clone_from(&refresh);
        Json(json!({"accessToken": access_token(User), "refreshToken": refresh, "expiresIn": 3600, "refreshExpiresIn": 604_800,
            "user": {"id": account(User), "name": "홍길동", "role": "USER"}}))
        .into_response()
    }

    fn note(&self, parts: &Parts, body: &Value) -> bool {
        let mut state = self.0.lock().expect("not poisoned");
        let key = parts.headers.get("x-service-api-key").is_some_and(|key| key.as_bytes() == SERVICE_KEY.as_bytes());
        assert!(key, "every call shows the service key");
        state.calls.push((parts.uri.path().to_owned(), body.clone()));
        !state.is_away
    }
}

async fn log_in(State(role): State<Role>, parts: Parts, Json(body): Json<Value>) -> Response {
    role.note(&parts, &body);
    match body["password"].as_str() {
        Some("right") => role.session(),
        _ => ApiError::new(ErrorCode::InvalidCredentials).into_response(),
    }
}

async fn refresh(State(role): State<Role>, parts: Parts, Json(body): Json<Value>) -> Response {
    if !role.note(&parts, &body) {
        return ApiError::unavailable().into_response();
    }
    let is_good = role.0.lock().expect("not poisoned").good == body["refreshToken"];
    if is_good { role.session() } else { ApiError::new(ErrorCode::RevokedRefreshToken).into_response() }
}

async fn end(State(role): State<Role>, parts: Parts, Json(body): Json<Value>) -> Response {
    match role.note(&parts, &body) {
        true => http::StatusCode::NO_CONTENT.into_response(),
        false => ApiError::unavailable().into_response(),
    }
}

async fn user(State(role): State<Role>, parts: Parts, Path(id): Path<String>) -> Response {
    role.note(&parts, &Value::Null);
    if id == account(User).to_string() {
        return Json(json!({"id": id, "name": "홍길동", "role": "USER"})).into_response();
    }
    ApiError::new(ErrorCode::NotFound).into_response()
}

fn opened() -> (Role, Front) {
    let role = Role::default();
    let front = Stack::default().around_with(Router::new(), role.router());
    (role, front)
}

const JSON: (&str, &str) = ("content-type", "application/json");
const LOGIN: &str = r#"{"email":"a@b.kr","password":"right","recaptchaToken":"pass"}"#;

/// The cookies of an answer as a browser sends them back.
fn jar(answer: &Answer) -> (String, String) {
    let cookies = answer.set_cookies();
    let csrf = cookies.iter().find(|cookie| cookie[0] == "csrfToken").expect("a token")[1].clone();
    (cookies.iter().map(|cookie| cookie.join("=")).collect::<Vec<_>>().join("; "), csrf)
}

#[tokio::test]
async fn a_log_in_sets_cookies_and_shows_no_token() {
    let clock = clock::set(NOON);
    let (role, front) = opened();
    let headers = [JSON, ("origin", SITE), ("user-agent", "Browser/1")];
    let answer = front.call("POST", "/session", &headers, LOGIN).await;
    let id = account(User).to_string();
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"expiresIn": 3600, "user": {"id": id, "name": "홍길동", "role": "USER"}}))
    );
    let lines: Vec<String> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
        .collect();
    assert_eq!(lines.len(), 3);
    for (line, name, path, life, is_hidden) in [
        (&lines[0], "accessToken=", "Path=/;", "Max-Age=3600;", true),
        (&lines[1], "refreshToken=", "Path=/session;", "Max-Age=604800;", true),
        (&lines[2], "csrfToken=", "Path=/;", "Max-Age=604800;", false),
    ] {
        assert!(line.starts_with(name) && line.contains(path) && line.contains(life), "{line}");
        assert!(
            line.contains("SameSite=Lax") && line.contains("Secure") && line.contains("HttpOnly") == is_hidden,
            "{line}"
        );
    }
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let (path, call) = role.calls().remove(0);
    assert_eq!((path.as_str(), &call["email"]), ("/internal/sessions/login", &json!("a@b.kr")));
    assert_eq!(call["caller"], json!({"ipAddress": "203.0.113.7", "network": "203.0.113.7", "userAgent": "Browser/1"}));
    let (cookie, _) = jar(&answer);
    let current = front.get("/session", &[("cookie", &cookie)]).await.json();
    let expires_at = domain::Timestamp((seconds() + 3_600) * 1_000).to_string();
    assert_eq!(current, json!({"user": {"id": id, "name": "홍길동", "role": "USER"}, "expiresAt": expires_at}));
    assert_eq!(front.get("/session", &[]).await.json(), json!({"user": null, "expiresAt": null}));
    let (of_nobody, _) = page(Admin);
    for cookie in ["accessToken=x.y.z", &of_nobody] {
        assert_eq!(front.get("/session", &[("cookie", cookie)]).await.json()["user"], Value::Null);
    }
    drop(clock);
}

#[tokio::test]
async fn a_log_in_comes_from_a_page_of_this_site() {
    let (role, front) = opened();
    for headers in [
        vec![],
        vec![("origin", "https://evil.example")],
        vec![("referer", "https://evil.example/")],
        vec![("origin", "null")],
    ] {
        let answer = front.call("POST", "/session", &headers, LOGIN).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "CSRF_TOKEN_INVALID"), "{headers:?}");
    }
    assert!(role.calls().is_empty(), "nobody was asked");
    for headers in [
        vec![("origin", SITE)],
        vec![("referer", "https://tickets.example/login?returnUrl=/me")],
        vec![("x-api-key", "k")],
    ] {
        let headers = [headers.as_slice(), &[JSON]].concat();
        assert_eq!(front.call("POST", "/session", &headers, LOGIN).await.status, 200, "{headers:?}");
    }
    // With a session the token is asked for as well.
    let (cookie, csrf) = page(User);
    let answer = front.call("POST", "/session", &[("origin", SITE), ("cookie", &cookie)], LOGIN).await;
    assert_eq!(answer.code(), "CSRF_TOKEN_INVALID");
    let headers = [JSON, ("origin", SITE), ("cookie", &*cookie), ("x-csrf-token", &*csrf)];
    assert_eq!(front.call("POST", "/session", &headers, LOGIN).await.status, 200);
}

#[tokio::test]
async fn the_user_roles_refusal_reaches_the_page_as_it_is() {
    let (_, front) = opened();
    let wrong = LOGIN.replace("right", "wrong");
    let answer = front.call("POST", "/session", &[JSON, ("origin", SITE), ("accept-language", "ko")], &wrong).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "INVALID_CREDENTIALS"));
    assert_eq!(answer.header("content-language"), Some("ko"));
    assert!(!answer.headers.contains_key("set-cookie"));
    for (headers, body, status) in [
        (vec![JSON, ("origin", SITE)], "x".repeat(10_241), 413),
        (vec![JSON, ("origin", SITE)], "[]".into(), 400),
        (vec![JSON, ("origin", SITE)], "{".into(), 400),
        (vec![("origin", SITE), ("content-type", "text/plain")], LOGIN.into(), 415),
    ] {
        assert_eq!(front.call("POST", "/session", &headers, &body).await.status, status, "{headers:?}");
    }
    // A page cannot say where it is.
    let (role, front) = opened();
    let lying = LOGIN.replace("{", r#"{"caller":{"ipAddress":"6.6.6.6"},"#);
    front.call("POST", "/session", &[JSON, ("origin", SITE)], &lying).await;
    assert_eq!(role.calls()[0].1["caller"]["ipAddress"], "203.0.113.7");
}

#[tokio::test]
async fn a_session_is_renewed_by_its_cookie() {
    let (role, front) = opened();
    let begun = front.call("POST", "/session", &[JSON, ("origin", SITE)], LOGIN).await;
    let (cookie, csrf) = jar(&begun);
    let refresh = async |headers: &[(&str, &str)]| front.call("POST", "/session/refresh", headers, "").await;
    assert_eq!(refresh(&[("origin", SITE)]).await.code(), "UNAUTHORIZED");
    for headers in [
        vec![("cookie", &*cookie)],
        vec![("cookie", &*cookie), ("origin", SITE)],
        vec![("cookie", &*cookie), ("x-csrf-token", &*csrf)],
        vec![("cookie", &*cookie), ("x-csrf-token", "x.y"), ("origin", SITE)],
    ] {
        assert_eq!(refresh(&headers).await.code(), "CSRF_TOKEN_INVALID", "{headers:?}");
    }
    let before = role.calls().len();
    let headers = [("cookie", &*cookie), ("x-csrf-token", &*csrf), ("origin", SITE), ("user-agent", "Browser/2")];
    let answer = refresh(&headers).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"expiresIn": 3600})));
    let (path, call) = role.calls().remove(before);
    assert_eq!((path.as_str(), &call["caller"]["userAgent"]), ("/internal/sessions/refresh", &json!("Browser/2")));
    let (renewed, same) = jar(&answer);
    assert_ne!(renewed, cookie);
    assert_eq!(same, csrf, "a form that another tab has rendered stays good");
    // The access token has run out: the refresh token's account counts, and the CSRF token is still asked for.
    let late: String =
        renewed.split("; ").filter(|pair| !pair.starts_with("accessToken")).collect::<Vec<_>>().join("; ");
    assert_eq!(refresh(&[("cookie", &late), ("origin", SITE)]).await.code(), "CSRF_TOKEN_INVALID");
    assert_eq!(refresh(&[("cookie", &late), ("origin", SITE), ("x-csrf-token", &csrf)]).await.status, 200);
    // One that was ended: the cookies go.
    let answer = refresh(&headers).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "REVOKED_REFRESH_TOKEN"));
    assert!(answer.set_cookies().iter().all(|cookie| cookie[1].is_empty()) && answer.set_cookies().len() == 3);
    role.0.lock().expect("not poisoned").is_away = true;
    let answer = refresh(&headers).await;
    assert_eq!((answer.status, answer.set_cookies().len()), (503, 0), "the session may well be good");
}

#[tokio::test]
async fn a_page_without_script_renews_and_comes_back() {
    let (role, front) = opened();
    let (cookie, _) = jar(&front.call("POST", "/session", &[JSON, ("origin", SITE)], LOGIN).await);
    let renew = async |target: &str, cookie: &str| front.get(target, &[("cookie", cookie)]).await;
    let answer = renew("/session/renew?returnUrl=%2Fme%3Fa%3D1", &cookie).await;
    assert_eq!((answer.status, answer.header("location"), answer.set_cookies().len()), (303, Some("/me?a=1"), 3));
    let (cookie, _) = jar(&answer);
    for (wanted, to) in [
        ("", "/"),
        ("?returnUrl=", "/"),
        ("?returnUrl=https%3A%2F%2Fevil.example", "/"),
        ("?returnUrl=%2F%2Fevil.example", "/"),
        ("?returnUrl=%2F%5Cevil.example", "/"),
        ("?returnUrl=%2Fsession%2Frenew", "/"),
    ] {
        let current = role.0.lock().expect("not poisoned").good.clone();
        let answer = renew(&format!("/session/renew{wanted}"), &format!("refreshToken={current}")).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(to)), "{wanted}");
    }
    // The first one was exchanged long ago.
    let answer = renew("/session/renew?returnUrl=%2Fme", &cookie).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/login?returnUrl=%2Fme")));
    assert!(answer.set_cookies().iter().all(|cookie| cookie[1].is_empty()));
    let answer = renew("/session/renew?returnUrl=%2Fme", "").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/login?returnUrl=%2Fme")));
}

#[tokio::test]
async fn a_session_ends_and_its_cookies_go() {
    let (role, front) = opened();
    let (cookie, csrf) = jar(&front.call("POST", "/session", &[JSON, ("origin", SITE)], LOGIN).await);
    let end = async |headers: &[(&str, &str)]| front.call("DELETE", "/session", headers, "").await;
    assert_eq!(end(&[("cookie", &cookie), ("origin", SITE)]).await.code(), "CSRF_TOKEN_INVALID");
    let proof = [("x-csrf-token", &*csrf), ("origin", SITE)];
    let good = role.0.lock().expect("not poisoned").good.clone();
    for (cookie, refresh) in [(cookie.clone(), json!(good)), (cookie.replace("refreshToken", "other"), Value::Null)] {
        let before = role.calls().len();
        let answer = end(&[proof.as_slice(), &[("cookie", &cookie)]].concat()).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (204, 3), "{answer:?}");
        assert!(answer.set_cookies().iter().all(|cookie| cookie[1].is_empty()));
        let (path, call) = role.calls().remove(before);
        assert_eq!((path.as_str(), &call["refreshToken"]), ("/internal/sessions/end", &refresh));
        let access = call["accessToken"].as_str().expect("a token");
        assert!(cookie.contains(&format!("accessToken={access}")), "{cookie}");
    }
    // Nobody is logged in: that is as ended as can be.
    assert_eq!(end(&[("origin", SITE)]).await.status, 204);
    role.0.lock().expect("not poisoned").is_away = true;
    let answer = end(&[proof.as_slice(), &[("cookie", &cookie)]].concat()).await;
    assert_eq!((answer.status, answer.set_cookies().len()), (503, 0), "it may not have ended");
}

#[tokio::test]
async fn the_time_is_told_to_everybody_and_kept_by_nobody() {
    let clock = clock::set(NOON);
    let (_, front) = opened();
    let answer = front.get("/time", &[("cookie", "accessToken=x")]).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"now": NOON.millis()})));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let head = Answer::of(front.send(request("HEAD", "/time", &[], "")).await).await;
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    drop(clock);
}
