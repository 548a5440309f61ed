//! The internal routes: for the gateway's key alone, in the name of the operator whom it passes on.

use crate::support::{Buried, NOON, answer, open};
use access::InternalKeys;
use axum::Router;
use axum::body::Body;
use http::Request;
use ledger_testkit::{Site, on_every_database};
use operators::appeal::Kept;
use operators::{DeadLetterDesk, Parts, routes};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

const KEY: &str = "the gateway's key of a test";

on_every_database!(an_operators_change_is_in_that_operators_name);

async fn ask(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> (u16, Value) {
    let mut request = Request::builder().method(method).uri(path).header("host", "a");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let response = router.clone().oneshot(request.body(body).expect("a request")).await.expect("answered");
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn router(site: &Site) -> Router {
    let ledger = open(site).await;
    let parts = Parts {
        audits: vec![("coupon", ledger.clone())],
        dead_letters: Some(DeadLetterDesk::new(Arc::new(Buried::of(3)), ledger.clone())),
        appeals: Some((ledger, Kept { days: 30, rows: 1_000 })),
    };
    let routes = routes(parts, InternalKeys::accepting([KEY]));
    onsale_http::standard(routes, onsale_http::HttpSettings::default())
}

async fn an_operators_change_is_in_that_operators_name(site: Site) {
    let router = router(&site).await;
    let ids = json!({"ids": ["1"]});
    let key = ("x-service-api-key", KEY);
    let named =
        [key, ("x-on-behalf-of", "user 0190a1b2-0000-7000-8000-00000000000a"), ("x-on-behalf-network", "203.0.113.7")];
    let path = "/internal/admin/dead-letters/drop";
    let (status, done) = ask(&router, "POST", path, &named, Some(&ids)).await;
    assert_eq!((status, &done["results"][0]["outcome"]), (200, &json!("DROPPED")));
    let (status, log) = ask(&router, "GET", "/internal/admin/audit?role=coupon&count=10", &[key], None).await;
    let entry = &log["list"][0]["entry"];
    assert_eq!((status, &log["total"]), (200, &json!(1)), "{log}");
    assert_eq!(entry["actor"], json!({"kind": "user", "id": "0190a1b2-0000-7000-8000-00000000000a"}));
    assert_eq!((&entry["network"], &entry["target"]), (&json!("203.0.113.7"), &json!("dead-letter:1")));
    // Nobody's, and what is no operator's.
    for wrong in ["", "command onsale", "user ", "operator x"] {
        let headers = [key, ("x-on-behalf-of", wrong)];
        let (status, done) = ask(&router, "POST", path, &headers, Some(&json!({"ids": ["2"]}))).await;
        assert_eq!((status, &done["results"][0]["outcome"]), (200, &json!("FAILED")), "{wrong}");
    }
}

#[tokio::test]
async fn without_the_key_nothing_is_shown_or_done() {
    let site = Site::sqlite();
    let router = router(&site).await;
    let ids = json!({"ids": ["1"]});
    let told = json!({"list": [answer(NOON, "t")], "leftOut": []});
    for (method, path, body) in [
        ("GET", "/internal/admin/audit?role=coupon&count=1", None),
        ("GET", "/internal/admin/dead-letters", None),
        ("GET", "/internal/admin/dead-letters/count", None),
        ("GET", "/internal/admin/dead-letters/of/1", None),
        ("POST", "/internal/admin/dead-letters/replay", Some(&ids)),
        ("POST", "/internal/admin/dead-letters/drop", Some(&ids)),
        ("GET", "/internal/admin/appeal?userId=kim", None),
        ("POST", "/internal/admin/appeal", Some(&told)),
    ] {
        for headers in [&[][..], &[("x-service-api-key", "another key"), ("x-on-behalf-of", "user a")][..]] {
            let (status, refusal) = ask(&router, method, path, headers, body).await;
            assert_eq!((status, &refusal["code"]), (401, &json!("INTERNAL_API_UNAUTHORIZED")), "{method} {path}");
        }
    }
    let (_, count) =
        ask(&router, "GET", "/internal/admin/dead-letters/count", &[("x-service-api-key", KEY)], None).await;
    assert_eq!(count["count"], 3);
}

#[tokio::test]
async fn what_another_role_has_told_is_stored_and_found() {
    let site = Site::sqlite();
    let router = router(&site).await;
    let _clock = clock::set(NOON);
    let key = [("x-service-api-key", KEY)];
    let body = json!({"list": [answer(NOON, "t")], "leftOut": [["queue", 4]]});
    assert_eq!(ask(&router, "POST", "/internal/admin/appeal", &key, Some(&body)).await.0, 200);
    let (status, page) = ask(&router, "GET", "/internal/admin/appeal?traceId=t", &key, None).await;
    assert_eq!(
        (status, &page["list"][0]["route"], &page["leftOut"]),
        (200, &json!("POST /reservations/hold"), &json!(4))
    );
    let (status, _) = ask(&router, "GET", "/internal/admin/audit?role=payment&count=1", &key, None).await;
    assert_eq!(status, 404, "a role that is not here");
}
