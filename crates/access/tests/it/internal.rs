//! Internal calls and their keys.

use crate::api_keys::KEYS;
use access::api::internal_routes;
use access::making::{Restrictions, make};
use access::{Caller, InternalKeys, KeyRing};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use domain::quota::Quotas;
use domain::{TenantName, Timestamp};
use ledger::{Ledger, LedgerOptions};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower::ServiceExt;
use uuid::Uuid;

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

/// The answer of `POST /internal/keys/check` to the queue role.
#[tokio::test]
async fn a_checked_key_is_told_with_all_that_it_may() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::connect(&KEYS.embedded_url(folder.path()), &KEYS, LedgerOptions::default()).await;
    let ledger = ledger.expect("connects");
    ledger.migrate().await.expect("migrates");
    let schedule = Uuid::from_u128(7);
    let some = Restrictions {
        scopes: "read,issue".parse().expect("scopes"),
        networks: vec!["10.0.0.0/8".parse().expect("a network")],
        expires_at: None,
    };
    let tenant = Caller::Tenant(TenantName::new("acme").expect("a name"));
    let make = async |caller: &Caller, restrictions| {
        make(&ledger, caller, restrictions, Quotas::default(), Timestamp(0)).await.expect("made")
    };
    let (acme, door) = (make(&tenant, some).await, make(&Caller::Door(Some(schedule)), Restrictions::default()).await);
    let keys = KeyRing::load(ledger.clone()).await.expect("loads");
    let routes = internal_routes(keys, InternalKeys::accepting(["the-internal-key"]));
    let check = async |body: Value| {
        let request = Request::post("/internal/keys/check")
            .header("x-service-api-key", "the-internal-key")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response = routes.clone().oneshot(request).await.expect("answered");
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.expect("read");
        (status, serde_json::from_slice::<Value>(&bytes).unwrap_or_default())
    };
    let told =
        json!({"id": acme.id, "kind": "tenant", "tenant": "acme", "scopes": ["issue", "read"], "scheduleId": null});
    for network in ["10.1.2.3", "10.1.2.0/24"] {
        assert_eq!(check(json!({"key": acme.text, "network": network})).await, (200, told.clone()));
    }
    for foreign in [json!({"key": acme.text, "network": "11.0.0.1"}), json!({"key": acme.text})] {
        assert_eq!(check(foreign).await.0, 404);
    }
    assert_eq!(check(json!({"key": acme.text, "network": "somewhere"})).await.0, 400);
    let all = ["issue", "redeem", "gate", "read", "admin"];
    let told = json!({"id": door.id, "kind": "door", "tenant": null, "scopes": all, "scheduleId": schedule});
    assert_eq!(check(json!({"key": door.text, "network": "10.1.2.3"})).await, (200, told));
}
