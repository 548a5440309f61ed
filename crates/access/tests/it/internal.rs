//! Internal calls and their keys.

use crate::api_keys::KEYS;
use access::api::internal_routes;
use access::{InternalKeys, KeyRing};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use ledger::{Ledger, LedgerOptions};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower::ServiceExt;

fn with(key: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-service-api-key", key.parse().expect("a header"));
    headers
}

#[test]
fn both_keys_are_accepted_during_a_rotation_and_no_other() {
    let keys = InternalKeys::accepting(["new", "old", ""]);
    for (offered, is_accepted) in [("new", true), ("old", true), ("", false), ("ne", false), ("new ", false)] {
        assert_eq!(keys.check(&with(offered), None, "/x").is_ok(), is_accepted, "{offered:?}");
    }
    assert!(keys.check(&HeaderMap::new(), None, "/x").is_err());
    assert!(InternalKeys::default().check(&with(""), None, "/x").is_err(), "without keys every call is refused");
    assert_eq!(format!("{keys:?}"), "InternalKeys(2)");
}

#[tokio::test]
async fn the_body_of_a_caller_without_the_internal_key_is_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::connect(&KEYS.embedded_url(folder.path()), &KEYS, LedgerOptions::default()).await;
    let ledger = ledger.expect("connects");
    ledger.migrate().await.expect("migrates");
    let keys = KeyRing::load(ledger).await.expect("loads");
    let routes = internal_routes(keys, InternalKeys::accepting(["the-internal-key"]));
    for (key, status, is_read) in [("another", 401, false), ("the-internal-key", 404, true)] {
        let was_read = Arc::new(AtomicBool::new(false));
        let seen = was_read.clone();
        let body = futures::stream::once(async move {
            seen.store(true, Ordering::SeqCst);
            Ok::<_, Infallible>(Bytes::from_static(b"{\"key\":\"onsale_unknown\"}"))
        });
        let request = Request::post("/internal/keys/check")
            .header("x-service-api-key", key)
            .header("content-type", "application/json")
            .body(Body::from_stream(body))
            .expect("a request");
        let response = routes.clone().oneshot(request).await.expect("answered");
        assert_eq!((response.status().as_u16(), was_read.load(Ordering::SeqCst)), (status, is_read), "{key}");
    }
}
