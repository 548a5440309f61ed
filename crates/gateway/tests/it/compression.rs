//! Compression from 1 KiB, also of what a service in another process sends.

use crate::stack::{Stack, request};
use crate::stand_in::{StandIn, everything_at};
use axum::Router;
use axum::routing::get;

const GZIP: [(&str, &str); 1] = [("accept-encoding", "gzip, br")];

#[tokio::test]
async fn answers_from_a_kibibyte_on_are_compressed_and_say_that_it_depends() {
    let services = Router::new()
        .route("/events", get(|| async { ([("content-type", "application/json")], "x".repeat(1_024)) }))
        .route("/venues", get(|| async { ([("content-type", "application/json")], "x".repeat(1_023)) }))
        .route("/queue/stream/{line}", get(|| async { ([("content-type", "text/event-stream")], "x".repeat(4_096)) }))
        .route("/assets/{*file}", get(|| async { ([("content-type", "image/png")], "x".repeat(4_096)) }));
    let front = Stack::default().around(services);
    for (path, headers, is_compressed, varies) in [
        ("/events", &GZIP[..], true, true),
        ("/events", &[], false, true),
        ("/events", &[("accept-encoding", "br")], false, true),
        ("/events", &[("accept-encoding", "gzip;q=0")], false, true),
        ("/venues", &GZIP, false, false),
        ("/queue/stream/shop", &GZIP, false, false),
        ("/assets/a.png", &GZIP, false, false),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = front.call(method, path, headers, "").await;
            let what = format!("{method} {path} {headers:?}: {:?}", answer.headers);
            assert_eq!(answer.header("content-encoding"), is_compressed.then_some("gzip"), "{what}");
            let told = answer
                .headers
                .get_all("vary")
                .iter()
                .any(|vary| vary.as_bytes().eq_ignore_ascii_case(b"accept-encoding"));
            assert_eq!(told, varies, "{what}");
            assert_eq!(answer.status, 200);
            if method == "HEAD" {
                assert!(answer.bytes.is_empty(), "{what}");
            } else {
                assert_eq!(answer.bytes.starts_with(&[0x1f, 0x8b]), is_compressed, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_service_apart_sends_is_compressed_once() {
    let long = "y".repeat(5_000);
    let service = StandIn::open(move |_, mut wire| {
        let long = long.clone();
        async move {
            while let Some(head) = wire.head().await {
                assert!(!head.to_lowercase().contains("accept-encoding"));
                wire.write(format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5000\r\n\r\n{long}"
                ))
                .await;
            }
        }
    })
    .await;
    let front = everything_at(&Stack::default(), &service.url());
    let response = front.send(request("GET", "/events", &GZIP, "")).await;
    assert_eq!(response.headers().get("content-encoding").map(http::HeaderValue::as_bytes), Some(&b"gzip"[..]));
    assert!(!response.headers().contains_key("content-length"));
    assert_eq!(front.get("/events", &[]).await.bytes.len(), 5_000);
}
