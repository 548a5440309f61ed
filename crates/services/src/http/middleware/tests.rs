//! A small program behind the standard layers, given one bad input after another.

use crate::http::health::Health;
use crate::http::{
    ApiError, ClientIp, HttpMetrics, HttpSettings, Json, Language, Path, Query, TraceId, TrustedProxies, docs, health,
    standard, with_body_limit,
};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use axum::{Extension, Router};
use domain::ErrorCode;
use futures::stream;
use http::{HeaderMap, Method, Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

const SHORT: Duration = Duration::from_millis(100);

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    count: u32,
}

async fn wish(Json(wish): Json<Wish>) -> Json<Wish> {
    Json(wish)
}

async fn who(Extension(client): Extension<ClientIp>, Extension(trace_id): Extension<TraceId>) -> String {
    format!("{} {trace_id}", client.0)
}

async fn refused() -> ApiError {
    ApiError::new(ErrorCode::CouponNotApplicable).with("reason", "EXPIRED")
}

async fn broken() -> String {
    panic!("the secret reason")
}

fn small_program(settings: HttpSettings) -> Router {
    let narrow = with_body_limit(Router::new().route("/narrow", post(wish)).route("/raw", post(raw)), 16);
    let router = Router::new()
        .route("/wishes", post(wish).get(|| async { "none" }))
        .route("/wishes/{count}", get(|Path(count): Path<u32>| async move { count.to_string() }))
        .route("/search", get(|Query(wish): Query<Wish>| async move { wish.count.to_string() }))
        .route("/who", get(who))
        .route("/refused", get(refused))
        .route("/broken", get(broken))
        .route("/busy", get(|| async { ApiError::unavailable(7) }))
        .route("/limited", get(|| async { ApiError::new(ErrorCode::RateLimitExceeded) }))
        .route("/secret", get(|| async { ApiError::new(ErrorCode::Unauthorized) }))
        .route("/never", get(pending::<String>))
        .merge(narrow);
    standard(router, settings)
}

/// The body by a library's own extractor, whose refusal is plain text.
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
        self.headers.get(name).map_or("", |value| value.to_str().expect("readable"))
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

    /// Every refused call has the contract's body and headers, whatever went wrong.
    #[track_caller]
    fn is_error(&self, code: ErrorCode) {
        assert_eq!(self.status.as_u16(), code.status(), "{}", self.text());
        let body = self.json();
        assert_eq!(body["code"], code.as_str(), "{}", self.text());
        assert_eq!(body["traceId"], self.header("x-trace-id"));
        assert!(domain::Timestamp::parse(body["timestamp"].as_str().expect("a time")).is_some());
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("cache-control"), "no-store");
    }
}

async fn ask_router(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.expect("a router always answers");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("the whole body");
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn ask(request: Request<Body>) -> Answer {
    ask_router(small_program(HttpSettings { request_timeout: SHORT, ..HttpSettings::default() }), request).await
}

fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path)
}

fn posted(path: &str, body: impl Into<Body>) -> Request<Body> {
    request("POST", path).header("content-type", "application/json").body(body.into()).expect("a request")
}

async fn asked(method: &str, path: &str) -> Answer {
    ask(request(method, path).body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_good_call_passes_with_its_trace_id() {
    let call = request("POST", "/wishes").header("content-type", "application/json; charset=utf-8");
    let answer = ask(call.header("x-trace-id", "mine-1").body(Body::from(r#"{"count":3}"#)).expect("a request")).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, r#"{"count":3}"#));
    assert_eq!(answer.header("x-trace-id"), "mine-1");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    let forged = request("GET", "/wishes").header("x-trace-id", "not well formed").body(Body::empty());
    let replaced = ask(forged.expect("a request")).await;
    assert!(uuid::Uuid::parse_str(replaced.header("x-trace-id")).is_ok());
}

#[tokio::test]
async fn bad_bodies_are_told_what_is_wrong() {
    for (body, said) in [
        ("", "there is none"),
        ("count=3", "not JSON"),
        ("{}", "missing field `count`"),
        (r#"{"count":"3"}"#, "count: invalid type: string"),
        (r#"{"count":-3}"#, "count: invalid value: integer `-3`"),
        (r#"{"count":99999999999999999999999}"#, "count: invalid"),
        (r#"{"count":3,"colour":1}"#, "unknown field `colour`"),
        (r#"{"count":3} {"count":4}"#, "trailing characters"),
    ] {
        let answer = ask(posted("/wishes", body)).await;
        answer.is_error(ErrorCode::InvalidInput);
        assert!(answer.message().contains(said), "{} has no {said}", answer.message());
    }
}

#[tokio::test]
async fn the_language_is_the_callers() {
    let korean = request("GET", "/refused").header("accept-language", "ko-KR,ko;q=0.9").body(Body::empty());
    let answer = ask(korean.expect("a request")).await;
    answer.is_error(ErrorCode::CouponNotApplicable);
    assert_eq!(answer.message(), "이 주문에는 사용할 수 없는 쿠폰입니다.");
    assert_eq!(answer.header("content-language"), "ko");
    assert_eq!(answer.json()["reason"], "EXPIRED");
    assert_eq!(asked("GET", "/refused").await.message(), "The coupon can not be used for this order.");
    let settings = HttpSettings { default_language: Language::Ko, ..HttpSettings::default() };
    let silent = request("GET", "/nowhere").body(Body::empty()).expect("a request");
    assert_eq!(ask_router(small_program(settings), silent).await.header("content-language"), "ko");
}

#[tokio::test]
async fn other_content_types_are_refused() {
    let form = request("POST", "/wishes").header("content-type", "application/x-www-form-urlencoded");
    ask(form.body(Body::from("count=3")).expect("a request")).await.is_error(ErrorCode::UnsupportedMediaType);
    let untold = request("POST", "/wishes").body(Body::from(r#"{"count":3}"#)).expect("a request");
    ask(untold).await.is_error(ErrorCode::UnsupportedMediaType);
}

#[tokio::test]
async fn bad_parameters_are_named() {
    assert_eq!(asked("GET", "/wishes/3").await.text(), "3");
    assert_eq!(asked("GET", "/search?count=3").await.text(), "3");
    for (path, said) in [
        ("/wishes/three", "path: "),
        ("/wishes/%ff", "path: "),
        ("/search", "query: missing field `count`"),
        ("/search?count=x", "query: count: invalid digit"),
        ("/search?count=1&count=2", "query: duplicate field `count`"),
        ("/search?count=1&colour=2", "unknown field `colour`"),
    ] {
        let answer = asked("GET", path).await;
        answer.is_error(ErrorCode::InvalidInput);
        assert!(answer.message().contains(said), "{path}: {}", answer.message());
    }
    let long = asked("GET", &format!("/wishes/{}", "x".repeat(5000))).await;
    long.is_error(ErrorCode::InvalidInput);
    assert!(long.message().len() < 500);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_form() {
    asked("GET", "/nowhere").await.is_error(ErrorCode::NotFound);
    let wrong = asked("DELETE", "/wishes").await;
    wrong.is_error(ErrorCode::MethodNotAllowed);
    assert_eq!(wrong.header("allow"), "POST,GET,HEAD");
    let made_up = request("BREW", "/wishes").body(Body::empty()).expect("a request");
    ask(made_up).await.is_error(ErrorCode::MethodNotAllowed);
}

#[tokio::test]
async fn head_and_options_are_answered_without_a_body() {
    let head = asked("HEAD", "/wishes").await;
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (StatusCode::OK, 0, "4"));
    let missing = asked("HEAD", "/nowhere").await;
    assert_eq!((missing.status, missing.body.len()), (StatusCode::NOT_FOUND, 0));
    let options = asked("OPTIONS", "/wishes").await;
    assert_eq!((options.status, options.body.len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(options.header("allow"), "POST,GET,HEAD");
    asked("OPTIONS", "/nowhere").await.is_error(ErrorCode::NotFound);
}

#[tokio::test]
async fn large_bodies_are_refused_said_or_unsaid() {
    let large = format!(r#"{{"count":{}3}}"#, " ".repeat(100));
    let chunks =
        large.clone().into_bytes().chunks(10).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>();
    for path in ["/narrow", "/raw"] {
        let said = ask(posted(path, large.clone())).await;
        said.is_error(ErrorCode::PayloadTooLarge);
        assert!(said.message().contains("at most 16 bytes"), "{}", said.message());
        let unsaid = ask(posted(path, Body::from_stream(stream::iter(chunks_of(&chunks))))).await;
        unsaid.is_error(ErrorCode::PayloadTooLarge);
        assert!(unsaid.message().contains("at most 16 bytes"), "{}", unsaid.message());
        assert_eq!(unsaid.header("connection"), "close");
    }
    assert_eq!(ask(posted("/wishes", large)).await.status, StatusCode::OK, "the other routes take more");
    assert_eq!(ask(posted("/narrow", r#"{"count":100000}"#)).await.status, StatusCode::OK, "exactly the limit");
    let general = HttpSettings { body_limit_bytes: 8, ..HttpSettings::default() };
    let answer = ask_router(small_program(general), posted("/narrow", r#"{"count":1}"#)).await;
    answer.is_error(ErrorCode::PayloadTooLarge);
}

fn chunks_of(chunks: &[Result<Vec<u8>, std::io::Error>]) -> Vec<Result<Vec<u8>, std::io::Error>> {
    chunks.iter().map(|chunk| Ok(chunk.as_ref().expect("a chunk").clone())).collect()
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_the_callers_fault() {
    let first = stream::iter([Ok::<_, std::io::Error>("{\"count\"")]);
    let stalled = Body::from_stream(futures::StreamExt::chain(first, stream::pending()));
    let answer = ask(posted("/wishes", stalled)).await;
    answer.is_error(ErrorCode::RequestTimeout);
    assert_eq!(answer.header("connection"), "close");
    let torn = Body::from_stream(stream::iter([Ok("{\"count\""), Err(std::io::Error::other("torn"))]));
    ask(posted("/wishes", torn)).await.is_error(ErrorCode::InvalidInput);
}

#[tokio::test]
async fn a_handler_that_does_not_answer_is_cut_off() {
    asked("GET", "/never").await.is_error(ErrorCode::GatewayTimeout);
}

#[tokio::test]
async fn a_panic_is_an_answer_without_its_reason() {
    let answer = asked("GET", "/broken").await;
    answer.is_error(ErrorCode::InternalError);
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn those_who_must_wait_are_told_how_long() {
    let busy = asked("GET", "/busy").await;
    busy.is_error(ErrorCode::ServiceUnavailable);
    assert_eq!(busy.header("retry-after"), "7");
    let limited = asked("GET", "/limited").await;
    limited.is_error(ErrorCode::RateLimitExceeded);
    assert_eq!(limited.header("retry-after"), "1");
    let secret = asked("GET", "/secret").await;
    secret.is_error(ErrorCode::Unauthorized);
    assert_eq!(secret.header("www-authenticate"), "ApiKey");
}

#[tokio::test]
async fn handlers_hear_who_calls() {
    let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
    let settings = HttpSettings { trusted_proxies: proxies, ..HttpSettings::default() };
    let call = request("GET", "/who").header("x-forwarded-for", "203.0.113.7").header("x-trace-id", "t-1");
    let mut call = call.body(Body::empty()).expect("a request");
    call.extensions_mut().insert(ConnectInfo("10.0.0.1:99".parse::<SocketAddr>().expect("an address")));
    assert_eq!(ask_router(small_program(settings), call).await.text(), "203.0.113.7 t-1");
}

#[tokio::test]
async fn every_answer_is_counted_by_its_route() {
    let metrics = Arc::new(HttpMetrics::default());
    let settings = HttpSettings { metrics: metrics.clone(), ..HttpSettings::default() };
    let router = small_program(settings);
    for path in ["/wishes/1", "/wishes/2", "/wishes/x", "/a", "/b"] {
        let call = Request::builder().method(Method::GET).uri(path).body(Body::empty()).expect("a request");
        ask_router(router.clone(), call).await;
    }
    let mut text = String::new();
    metrics.render(&mut text);
    for line in [
        r#"onsale_http_requests_total{method="GET",route="/wishes/{count}",status="200"} 2"#,
        r#"onsale_http_requests_total{method="GET",route="/wishes/{count}",status="400"} 1"#,
        r#"onsale_http_requests_total{method="GET",route="unmatched",status="404"} 2"#,
        r#"onsale_http_request_seconds_count{method="GET",route="/wishes/{count}"} 3"#,
    ] {
        assert!(text.contains(line), "{line} not in\n{text}");
    }
}

#[tokio::test]
async fn health_tells_well_from_unwell_and_draining() {
    let health = Arc::new(Health::new("1.2.3").with("hot", || async { Ok(()) }));
    let router = |health: &Arc<Health>| standard(health::routes(health.clone()), HttpSettings::default());
    let get = |path: &str| request("GET", path).body(Body::empty()).expect("a request");
    for path in ["/health", "/actuator/health"] {
        let well = ask_router(router(&health), get(path)).await;
        assert_eq!((well.status, well.json()["status"].as_str()), (StatusCode::OK, Some("UP")));
        assert_eq!(well.json()["version"], "1.2.3");
        assert_eq!(well.json()["parts"]["hot"]["ok"], true);
    }
    health.drain();
    let ready = ask_router(router(&health), get("/health/ready")).await;
    assert_eq!((ready.status, ready.text()), (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"OUT_OF_SERVICE"}"#));
    assert_eq!(ready.header("retry-after"), "2");
    assert_eq!(ask_router(router(&health), get("/health/live")).await.status, StatusCode::OK);
    let ill =
        Health::new("1.2.3").with("hot", || async { Ok(()) }).with("ledger", || async { Err("disk full".into()) });
    let unwell = ask_router(router(&Arc::new(ill)), get("/health")).await;
    assert_eq!((unwell.status, unwell.json()["status"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("DOWN")));
    assert_eq!(unwell.json()["parts"]["ledger"]["why"], "disk full");
}

#[tokio::test]
async fn the_document_and_its_page_need_nothing_from_outside() {
    let document = docs::document("1.2.3", []);
    let router = standard(docs::routes(document), HttpSettings::default());
    let get = |path: &str| request("GET", path).body(Body::empty()).expect("a request");
    let document = ask_router(router.clone(), get("/openapi.json")).await.json();
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));
    assert_eq!(document["info"]["version"], "1.2.3");
    assert_eq!(document["components"]["securitySchemes"]["apiKey"]["name"], "X-Api-Key");
    let fields = &document["components"]["schemas"]["ErrorBody"]["properties"];
    assert!(fields["traceId"].is_object() && fields["code"].is_object());
    let page = ask_router(router.clone(), get("/docs/")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    for file in ["/docs/index.html", "/docs/swagger-initializer.js"] {
        let file = ask_router(router.clone(), get(file)).await;
        assert_eq!(file.status, StatusCode::OK);
        assert!(!file.text().contains("https://"), "{}", file.text());
    }
    let settings = ask_router(router.clone(), get("/docs/swagger-initializer.js")).await;
    assert!(settings.text().contains(r#""validatorUrl": "none""#), "{}", settings.text());
    ask_router(router, get("/docs/missing.js")).await.is_error(ErrorCode::NotFound);
}
