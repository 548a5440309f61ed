//! Properties of every response, success or error.

use super::*;
use crate::layer::render::render;
use crate::limits::{LimitSettings, Limits};
use crate::server::{HotHead, HotRequest};
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use http::Method;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

#[tokio::test]
async fn a_valid_call_succeeds_with_its_trace_id() {
    let call = request("POST", "/wishes").header("content-type", "application/json; charset=utf-8");
    let answer = send(call.header("x-trace-id", "mine-1").body(Body::from(r#"{"count":3}"#)).expect("a request")).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, r#"{"count":3}"#));
    assert_eq!(answer.header("x-trace-id"), "mine-1");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    let forged = request("GET", "/wishes").header("x-trace-id", "not well formed").body(Body::empty());
    let replaced = send(forged.expect("a request")).await;
    assert!(uuid::Uuid::parse_str(replaced.header("x-trace-id")).is_ok());
}

#[tokio::test]
async fn the_language_is_the_callers() {
    let korean = request("GET", "/refused").header("accept-language", "ko-KR,ko;q=0.9").body(Body::empty());
    let answer = send(korean.expect("a request")).await;
    answer.is_error(ErrorCode::CouponNotApplicable);
    assert_eq!(answer.message(), "이 주문에는 사용할 수 없는 쿠폰입니다.");
    assert_eq!(answer.header("content-language"), "ko");
    assert_eq!(answer.json()["reason"], "EXPIRED");
    assert_eq!(send_empty("GET", "/refused").await.message(), "This coupon cannot be used for this order.");
    let settings = HttpSettings { default_language: Language::Ko, ..HttpSettings::default() };
    let silent = request("GET", "/nowhere").body(Body::empty()).expect("a request");
    assert_eq!(send_to(small_router(settings), silent).await.header("content-language"), "ko");
}

#[tokio::test]
async fn unknown_paths_and_methods_get_the_contracts_error() {
    send_empty("GET", "/nowhere").await.is_error(ErrorCode::NotFound);
    let wrong = send_empty("DELETE", "/wishes").await;
    wrong.is_error(ErrorCode::MethodNotAllowed);
    assert_eq!(wrong.header("allow"), "POST,GET,HEAD");
    let made_up = request("BREW", "/wishes").body(Body::empty()).expect("a request");
    send(made_up).await.is_error(ErrorCode::MethodNotAllowed);
}

#[tokio::test]
async fn head_and_options_are_answered_without_a_body() {
    let head = send_empty("HEAD", "/wishes").await;
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (StatusCode::OK, 0, "4"));
    let missing = send_empty("HEAD", "/nowhere").await;
    assert_eq!((missing.status, missing.body.len()), (StatusCode::NOT_FOUND, 0));
    let options = send_empty("OPTIONS", "/wishes").await;
    assert_eq!((options.status, options.body.len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(options.header("allow"), "POST,GET,HEAD");
    send_empty("OPTIONS", "/nowhere").await.is_error(ErrorCode::NotFound);
}

#[tokio::test]
async fn a_handler_that_does_not_answer_gets_a_timeout() {
    send_empty("GET", "/never").await.is_error(ErrorCode::GatewayTimeout);
}

#[tokio::test]
async fn a_route_may_have_more_time_than_the_others() {
    let settings = HttpSettings {
        request_timeout: SHORT,
        time_of_route: |method, path| (method == Method::GET && path == "/patient").then_some(Duration::from_secs(60)),
        ..HttpSettings::default()
    };
    let ask = async |path| {
        let empty = request("GET", path).body(Body::empty()).expect("a request");
        send_to(small_router(settings.clone()), empty).await
    };
    assert_eq!(ask("/patient").await.text(), "late");
    ask("/never").await.is_error(ErrorCode::GatewayTimeout);
    send_empty("GET", "/patient").await.is_error(ErrorCode::GatewayTimeout);
}

#[tokio::test]
async fn a_panic_becomes_an_error_without_its_reason() {
    let answer = send_empty("GET", "/broken").await;
    answer.is_error(ErrorCode::InternalError);
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn a_temporary_error_has_retry_after() {
    let busy = send_empty("GET", "/busy").await;
    busy.is_error(ErrorCode::ServiceUnavailable);
    assert_eq!(busy.header("retry-after"), "7");
    let limited = send_empty("GET", "/limited").await;
    limited.is_error(ErrorCode::RateLimitExceeded);
    assert_eq!(limited.header("retry-after"), "1");
    let secret = send_empty("GET", "/secret").await;
    secret.is_error(ErrorCode::Unauthorized);
    assert_eq!(secret.header("www-authenticate"), "ApiKey");
}

#[tokio::test]
async fn handlers_get_the_clients_address_and_the_trace_id() {
    let trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
    let limits = Arc::new(Limits::new(LimitSettings { trusted_proxies, ..LimitSettings::default() }));
    let settings = HttpSettings { limits, ..HttpSettings::default() };
    let call = request("GET", "/who").header("x-forwarded-for", "203.0.113.7").header("x-trace-id", "t-1");
    let mut call = call.body(Body::empty()).expect("a request");
    call.extensions_mut().insert(ConnectInfo("10.0.0.1:99".parse::<SocketAddr>().expect("an address")));
    assert_eq!(send_to(small_router(settings), call).await.text(), "203.0.113.7 t-1");
}

/// The headers of an error as the server writes them on a hot route.
fn headers_of_the_server(error: &ApiError) -> BTreeMap<String, String> {
    let limits = Limits::new(LimitSettings { enabled: false, ..LimitSettings::default() });
    let head = HotHead { accept_language: Some(b"ko"), ..HotHead::default() };
    let hot_request = HotRequest::new(&limits, IpAddr::from([127, 0, 0, 1]), &head);
    let (mut body, mut out) = (Vec::new(), Vec::new());
    let status = hot_request.write_error(error, &mut body);
    hot_request.reply(status, false).write(&body, &mut out);
    let text = String::from_utf8(out).expect("text");
    let (head, _) = text.split_once("\r\n\r\n").expect("a head");
    let pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_server_and_the_layers_write_the_same_error_headers() {
    for code in [
        ErrorCode::InvalidInput,
        ErrorCode::Unauthorized,
        ErrorCode::Forbidden,
        ErrorCode::CampaignNotFound,
        ErrorCode::RateLimitExceeded,
        ErrorCode::QueueFull,
        ErrorCode::InternalError,
    ] {
        let server = headers_of_the_server(&ApiError::new(code));
        let mut response = ApiError::new(code).into_response();
        render(&mut response, Language::Ko, &TraceId::fresh());
        for (name, value) in response.headers() {
            assert_eq!(server.get(name.as_str()).map(String::as_bytes), Some(value.as_bytes()), "{code:?}: {name}");
        }
    }
}
