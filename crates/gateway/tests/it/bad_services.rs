//! Services whose answers are none: garbage, halves, silence.

use crate::stack::{PATIENCE, Stack, bearer, request};
use crate::stand_in::{StandIn, everything_at};
use domain::account::UserRole::User;
use http_body_util::BodyExt;
use std::time::Duration;

/// Kind: a service whose answer is no answer.
#[tokio::test]
async fn garbage_and_halves_are_told_as_a_service_that_is_away() {
    let endless = format!("HTTP/1.1 200 OK\r\n{}", format!("x-a: {}\r\n", "a".repeat(1_000)).repeat(200));
    let many = format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "x-b: 1\r\n".repeat(1_000));
    let answers: Vec<&[u8]> = vec![
        b"",
        b"\r\n",
        b"garbage",
        b"\0\xff\xfe\x01\x02",
        b"HTTP/1.1",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 99999 High\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na b: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: ten\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"<html>not found</html>",
        endless.as_bytes(),
        many.as_bytes(),
    ];
    for bytes in answers {
        let service = StandIn::answering(bytes).await;
        let front = everything_at(&Stack::default(), &service.url());
        for (method, sent) in [("GET", 2), ("POST", 1)] {
            let before = service.heads().len();
            let path = if method == "GET" { "/events" } else { "/auth/login" };
            let answer = front.call(method, path, &[], if method == "GET" { "" } else { "{}" }).await;
            let what = format!("{method} {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(60)]));
            assert_eq!((answer.status, answer.code().as_str()), (503, "SERVICE_UNAVAILABLE"), "{what}: {answer:?}");
            assert!(answer.header("retry-after").is_some() && answer.header("x-trace-id").is_some(), "{what}");
            assert_eq!(service.heads().len() - before, sent, "{what}: only GET is sent again, once");
        }
    }
}

#[tokio::test]
async fn half_a_long_answer_does_not_look_like_a_whole_one() {
    for (head, part) in [
        ("content-length: 100000", "0123456789".repeat(100)),
        ("transfer-encoding: chunked", format!("{:x}\r\n{}\r\n", 1_000, "0123456789".repeat(100))),
        ("transfer-encoding: chunked", "5\r\nabcdeXX\r\n0\r\n\r\n".to_owned()),
        ("transfer-encoding: chunked", "zz\r\nabcde\r\n".to_owned()),
    ] {
        let service = StandIn::answering(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{part}")).await;
        let front = everything_at(&Stack::default(), &service.url());
        let response = front.send(request("GET", "/events", &[], "")).await;
        let body = tokio::time::timeout(PATIENCE, response.into_body().collect()).await.expect("it ends");
        assert!(body.is_err(), "{head}: the client's connection must break, too");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_waited_for_as_long_as_its_route_allows() {
    let service = StandIn::open(|_, mut wire| async move { wire.closed().await }).await;
    let mut stack = Stack::default();
    stack.settings.time_limits.usual = Duration::from_millis(100);
    stack.settings.time_limits.queue = Duration::from_millis(100);
    stack.settings.time_limits.payment = Duration::from_millis(100);
    let front = everything_at(&stack, &service.url());
    for path in ["/events", "/queue/serving/shop"] {
        let answer = front.get(path, &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (504, "GATEWAY_TIMEOUT"), "{path}");
    }
    let ko = [("authorization", &*bearer(User)), ("accept-language", "ko")];
    let answer = front.get("/payments", &ko).await;
    assert_eq!((answer.status, answer.code().as_str()), (504, "GATEWAY_TIMEOUT"));
    assert!(answer.json()["message"].as_str().expect("a text").contains("다시 결제하지"), "{answer:?}");
    assert_eq!(answer.header("content-language"), Some("ko"));
    // A service that begins an answer and falls silent.
    for head in ["content-length: 10", "content-length: 100000", "transfer-encoding: chunked"] {
        let text = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
        let silent = StandIn::open(move |_, mut wire| {
            let text = text.clone();
            async move {
                wire.request().await;
                wire.write(text).await;
                wire.closed().await;
            }
        })
        .await;
        let front = everything_at(&Stack::default(), &silent.url());
        let response = front.send(request("GET", "/events", &[], "")).await;
        if head == "content-length: 10" {
            assert_eq!(response.status().as_u16(), 503);
        } else {
            let body = tokio::time::timeout(PATIENCE, response.into_body().collect()).await.expect("it ends");
            assert!(body.is_err(), "{head}");
        }
    }
}
