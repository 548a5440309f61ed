//! A service that fails is given a rest, in its own words.

use crate::stack::{NOON, PASS, Stack, bearer};
use crate::stand_in::{StandIn, everything_at};
use domain::account::UserRole::User;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[tokio::test]
async fn a_payment_service_that_fails_rests_for_a_minute_and_warns_against_paying_twice() {
    let clock = clock::set(NOON);
    let is_well = Arc::new(AtomicBool::new(false));
    let well = is_well.clone();
    let service = StandIn::open(move |_, mut wire| {
        let well = well.clone();
        async move {
            while wire.request().await.is_some() {
                if !well.load(Ordering::SeqCst) {
                    return;
                }
                wire.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
            }
        }
    })
    .await;
    let mut stack = Stack::default();
    stack.settings.limits_enabled = false;
    let front = everything_at(&stack, &service.url());
    let user = bearer(User);
    let pay = async |language: &str| {
        let headers = [("authorization", &*user), ("x-queue-token", PASS), ("accept-language", language)];
        front.call("POST", "/payments", &headers, "{}").await
    };
    for _ in 0..20 {
        assert_eq!(pay("en").await.status, 503);
    }
    assert_eq!(service.heads().len(), 20);
    for (language, warning) in [("en", "Do not pay again"), ("ko", "다시 결제하지")] {
        let answer = pay(language).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "SERVICE_UNAVAILABLE"));
        assert_eq!(answer.header("retry-after"), Some("60"));
        assert!(answer.json()["message"].as_str().expect("a text").contains(warning), "{answer:?}");
        assert_eq!(answer.json()["traceId"].as_str(), answer.header("x-trace-id"));
    }
    assert_eq!(service.heads().len(), 20, "it was not asked");
    // Other services are not held up.
    is_well.store(true, Ordering::SeqCst);
    assert_eq!(front.get("/events", &[]).await.status, 200);
    clock.advance(Duration::from_millis(59_999));
    assert_eq!(pay("en").await.status, 503);
    clock.advance(Duration::from_millis(1));
    for _ in 0..30 {
        assert_eq!(pay("en").await.status, 200);
    }
}

#[tokio::test]
async fn what_a_service_says_is_no_failure() {
    let service = StandIn::open(|_, mut wire| async move {
        while wire.request().await.is_some() {
            wire.write(
                "HTTP/1.1 500 No\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{\"code\":\"BROKEN\"}",
            )
            .await;
        }
    })
    .await;
    let mut stack = Stack::default();
    stack.settings.limits_enabled = false;
    let front = everything_at(&stack, &service.url());
    for _ in 0..50 {
        let answer = front.get("/events", &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (500, "BROKEN"));
    }
}

#[tokio::test]
async fn services_in_this_process_rest_when_they_are_too_slow() {
    let clock = clock::set(NOON);
    let slow =
        axum::Router::new().route("/events", axum::routing::any(|| async { std::future::pending::<()>().await }));
    let mut stack = Stack::default();
    stack.settings.time_limits.usual = Duration::from_millis(5);
    let front = stack.around(slow);
    for _ in 0..20 {
        let answer = front.get("/events", &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (504, "GATEWAY_TIMEOUT"));
    }
    let answer = front.get("/events", &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")));
    drop(clock);
}
