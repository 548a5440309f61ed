//! Kind: bytes from outside that NGINX and the application could understand differently. The table of
//! `testkit::http::heads` through the edge, and what its log keeps of an address.

use crate::edge::backend::Backend;
use crate::edge::recorder::{Manner, Recorder};
use serde_json::Value;
use testkit::edge::Edge;
use testkit::http::heads::{Fault, bad_heads};
use testkit::http::raw;
use testkit::onsale::ISSUE;

/// Routes of the edge with rules of their own.
const WAYS: [(&str, &str, &str); 6] = [
    ("POST", ISSUE, ""),
    ("GET", "/api/v1/coupons/status/sample_event", ""),
    ("GET", "/gate/events/e/rank", "?userId=u"),
    ("GET", "/queue/stream/shop", ""),
    ("GET", "/queue/check", "?line=shop"),
    ("GET", "/edge/health", ""),
];

#[test]
fn no_head_that_means_two_things_passes_the_edge() {
    let recorder = Recorder::start(Manner::Answer);
    let Some(edge) = Edge::before_one(recorder.address, &[]) else { return };
    for (method, path, query) in WAYS {
        for bad in bad_heads(method, path, query) {
            // These the application refuses: the other test.
            if matches!(bad.fault, Fault::Twice | Fault::Coding) || bad.text().contains("Host: a@b") {
                continue;
            }
            let answer = raw(edge.address, &bad.bytes);
            let status = if bad.fault == Fault::Length { 400 } else { bad.status };
            let code = if status == 417 { "EXPECTATION_FAILED" } else { "INVALID_INPUT" };
            assert_eq!(answer.status, status, "{}{}", bad.text(), answer.text());
            answer.is_error(status, code);
        }
    }
    assert_eq!(recorder.heads(), [""; 0]);
}

#[test]
fn what_the_edge_passes_on_the_application_refuses() {
    let backend = Backend::start(&[("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1")]);
    let Some(edge) = Edge::before_one(backend.address, &[]) else { return };
    for (method, path, query) in &WAYS[..4] {
        for bad in bad_heads(method, path, query) {
            let answer = raw(edge.address, &bad.bytes);
            let is_refused = answer.status == bad.status || bad.fault == Fault::Length && answer.status == 400;
            assert!(is_refused, "{}{}", bad.text(), answer.text());
        }
    }
    assert_eq!(edge.client().get("/api/v1/coupons/status/sample_event").status, 200);
}

/// Kind: a person in a logged path. Every route of the document, and paths of no route.
#[test]
fn no_person_is_in_the_access_log() {
    let backend = Backend::start(&[]);
    let document = backend.server.client().get("/openapi.json").ok();
    let Some(edge) = Edge::before_one(backend.address, &[("operator_networks", "127.0.0.0/8 1;".to_owned())]) else {
        return;
    };
    let routes: Vec<String> = document["paths"].as_object().expect("paths").keys().cloned().collect();
    assert!(routes.len() > 20, "{routes:?}");
    let fill = |route: &str| {
        let parts = route.split('/').map(|part| match part {
            "{user_id}" => "hunter2",
            "{coupon_id}" => "7e6a0d4e-5a9c-4d55-8d8e-0a4c9d0d8b11",
            part if part.starts_with('{') => "shoes",
            part => part,
        });
        parts.collect::<Vec<_>>().join("/")
    };
    let mut asked: Vec<String> = routes.iter().map(|route| fill(route)).collect();
    asked.extend(
        ["/api/v1/coupons/user/hunter2/event/shoes/", "/api/v1/coupons/%75ser/hunter2/event/shoes"].map(str::to_owned),
    );
    asked.extend(
        ["/api/v1/coupons//user/hunter2/event/shoes", "/user/hunter2", "/api/v1/coupons/user/hunter2"]
            .map(str::to_owned),
    );
    for (number, path) in asked.iter().enumerate() {
        edge.client().with("X-Trace-Id", &format!("walk-{number}")).get(&format!("{path}?userId=hunter2"));
    }
    let lines = edge.log(|lines| lines.len() >= asked.len());
    for (number, path) in asked.iter().enumerate() {
        let line = lines.iter().find(|line| line["trace_id"] == format!("walk-{number}")).expect("logged");
        assert!(!line.to_string().contains("hunter2"), "{line}");
        if routes.iter().any(|route| fill(route) == *path) {
            assert_ne!(line["path"], Value::from("(other)"), "{path} needs a line in maps.conf");
        }
    }
}
