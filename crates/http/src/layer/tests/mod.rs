//! Tests of the standard layers with a small router and invalid inputs.

mod answers;
mod bodies;
mod cors;
mod keyed;
mod parts;
mod records;

use crate::health::Health;
use crate::{
    ApiError, BodyBudget, ClientIp, HttpMetrics, HttpSettings, Json, Language, Path, Query, RequestBody, TraceId,
    TrustedProxies, docs, health, standard, with_body_limit,
};
use axum::body::{Body, Bytes, to_bytes};
use axum::routing::{get, post};
use axum::{Extension, Router};
use domain::ErrorCode;
use futures::stream;
use http::{HeaderMap, Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

const SHORT: Duration = Duration::from_millis(100);

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    count: u32,
}

impl RequestBody for Wish {
    const LIMIT_BYTES: usize = 64;
}

async fn wish(Json(wish): Json<Wish>) -> Json<Wish> {
    Json(wish)
}

async fn client_and_trace(Extension(client): Extension<ClientIp>, Extension(trace_id): Extension<TraceId>) -> String {
    format!("{} {trace_id}", client.0)
}

async fn refused() -> ApiError {
    ApiError::new(ErrorCode::CouponNotApplicable).with("reason", "EXPIRED")
}

/// Answers after the time of all.
async fn late() -> &'static str {
    tokio::time::sleep(2 * SHORT).await;
    "late"
}

async fn broken() -> String {
    panic!("the secret reason")
}

fn small_router(settings: HttpSettings) -> Router {
    let narrow = with_body_limit(Router::new().route("/narrow", post(wish)).route("/raw", post(raw)), 16);
    let router = Router::new()
        .route("/wishes", post(wish).get(|| async { "none" }))
        .route("/wishes/{count}", get(|Path(count): Path<u32>| async move { count.to_string() }))
        .route("/search", get(|Query(wish): Query<Wish>| async move { wish.count.to_string() }))
        .route("/who", get(client_and_trace))
        .route("/refused", get(refused))
        .route("/broken", get(broken))
        .route("/busy", get(|| async { ApiError::unavailable().retry_after(7) }))
        .route("/limited", get(|| async { ApiError::new(ErrorCode::RateLimitExceeded) }))
        .route("/secret", get(|| async { ApiError::new(ErrorCode::Unauthorized) }))
        .route("/never", get(pending::<String>))
        .route("/patient", get(late))
        .route("/open", get(|| async { ([("access-control-allow-origin", "*")], "all") }))
        .merge(narrow);
    standard(router, settings)
}

/// Reads the body with a library's extractor, whose error is plain text.
async fn raw(body: Bytes) -> String {
    body.len().to_string()
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| std::str::from_utf8(value.as_bytes()).expect("readable"))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.text()))
    }

    fn message(&self) -> String {
        self.json()["message"].as_str().expect("a message").to_owned()
    }

    /// Asserts the contract's body and headers, which every error has.
    #[track_caller]
    fn is_error(&self, code: ErrorCode) {
        assert_eq!(self.status.as_u16(), code.status(), "{}", self.text());
        let body = self.json();
        assert_eq!(body["code"], code.as_str(), "{}", self.text());
        assert_eq!(body["traceId"], self.header("x-trace-id"));
        assert!(domain::Timestamp::parse(body["timestamp"].as_str().expect("a time")).is_ok());
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("cache-control"), "no-store");
    }
}

async fn send_to(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.expect("a router always answers");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("the whole body");
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn send(request: Request<Body>) -> Answer {
    send_to(small_router(HttpSettings { request_timeout: SHORT, ..HttpSettings::default() }), request).await
}

fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "localhost")
}

fn post_json(path: &str, body: impl Into<Body>) -> Request<Body> {
    request("POST", path).header("content-type", "application/json").body(body.into()).expect("a request")
}

async fn send_empty(method: &str, path: &str) -> Answer {
    send(request(method, path).body(Body::empty()).expect("a request")).await
}
