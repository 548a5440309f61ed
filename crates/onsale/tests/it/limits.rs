//! Rate limits (FCFS-011, FCFS-012).

use testkit::http::{Reply, raw};
use testkit::onsale::visitor::Visitor;
use testkit::onsale::{ISSUE, World, wait_until};

/// A bucket that does not refill during a test.
const SMALL: [(&str, &str); 3] = [
    ("ONSALE__LIMITS__ENABLED", "true"),
    ("ONSALE__LIMITS__PER_IP_PER_SECOND", "1"),
    ("ONSALE__LIMITS__PER_IP_BURST", "3"),
];

#[track_caller]
fn too_many(answer: &Reply) {
    answer.is_error(429, "RATE_LIMIT_EXCEEDED");
    let seconds: u64 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds to wait");
    assert!(seconds >= 1);
    assert!(answer.header("ratelimit").is_some_and(|state| state.contains(";r=0;")), "{:?}", answer.headers);
}

#[test]
fn an_address_gets_429_after_its_burst() {
    let world = World::with(&SMALL);
    let people = world.anyone();
    let first = people.issue("ann", "sample_event");
    assert_eq!(first.header("ratelimit-policy"), Some("\"ip\";q=3;w=3"));
    assert!(first.header("ratelimit").is_some_and(|state| state.starts_with("\"ip\";r=")));
    let flood: Vec<Reply> = (0..40).map(|_| people.issue("ann", "sample_event")).collect();
    too_many(flood.iter().find(|answer| answer.status == 429).expect("one of them was too many"));
    let flood: Vec<Reply> = (0..40).map(|_| people.get("/api/v1/coupons/status/sample_event")).collect();
    too_many(flood.iter().find(|answer| answer.status == 429).expect("other routes share the bucket"));
    assert_eq!(people.get("/health/live").status, 200, "balancers are not counted");
    wait_until("the bucket gives again", || people.issue("ann", "sample_event").status == 200);
}

#[test]
fn one_user_does_not_use_up_the_limit_of_another() {
    let world = World::with(&[
        ("ONSALE__LIMITS__ENABLED", "true"),
        ("ONSALE__LIMITS__PER_IP_PER_SECOND", "100000"),
        ("ONSALE__LIMITS__PER_IP_BURST", "100000"),
        ("ONSALE__LIMITS__ISSUE_PER_USER_PER_SECOND", "1"),
    ]);
    let people = world.anyone();
    let flood: Vec<Reply> = (0..40).map(|_| people.issue("ann", "sample_event")).collect();
    too_many(flood.iter().find(|answer| answer.status == 429).expect("one of them was too many"));
    assert_eq!(people.issue("bob", "sample_event").code(), "ISSUED");
}

/// A bucket of fifteen for each visitor, whatever the network asks.
#[test]
fn a_visitor_looks_at_the_own_place_fifteen_times_and_then_every_four_seconds() {
    let world = World::with(&[
        ("ONSALE__LIMITS__ENABLED", "true"),
        ("ONSALE__LIMITS__PER_IP_PER_SECOND", "100000"),
        ("ONSALE__LIMITS__PER_IP_BURST", "100000"),
        ("ONSALE__QUEUE__LINES", "shop"),
        ("ONSALE__QUEUE__RATE_PER_SECOND", "0"),
    ]);
    let (one, other) = (Visitor::new(&world), Visitor::new(&world));
    for visitor in [&one, &other] {
        assert_eq!(visitor.wait().status, 200);
    }
    let first = one.get("/queue/place/shop");
    assert_eq!(first.header("ratelimit-policy"), Some("\"queue-status\";q=15;w=60"));
    assert!(first.header("ratelimit").is_some_and(|state| state.starts_with("\"queue-status\";r=14;")));
    let flood: Vec<Reply> = (0..20).map(|_| one.get("/queue/place/shop")).collect();
    let refused = flood.iter().find(|reply| reply.status == 429).expect("one of them was too many");
    too_many(refused);
    assert!(refused.header("ratelimit").is_some_and(|state| state.starts_with("\"queue-status\"")));
    assert_eq!(other.get("/queue/place/shop").status, 200, "each visitor has a bucket");
    wait_until("the bucket gives again", || one.get("/queue/place/shop").status == 200);
}

/// Only a trusted proxy may forward the client address.
#[test]
fn forwarded_addresses_are_accepted_from_trusted_proxies_only() {
    let mut trusted = SMALL.to_vec();
    trusted.push(("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1"));
    for (environment, believed) in [(SMALL.to_vec(), false), (trusted, true)] {
        let world = World::with(&environment);
        // Each request has its own user, so only the limit per address can apply.
        let call = |number: u8| {
            let client = world.anyone().with("X-Forwarded-For", &format!("203.0.113.{number}"));
            client.issue(&format!("user-{number}"), "sample_event").status
        };
        let heard: Vec<u16> = (0..40).map(call).collect();
        assert_eq!(heard.iter().all(|status| *status == 200), believed, "{heard:?}");
    }
}

/// A call costs one unit, with or without chunks.
#[test]
fn a_chunked_request_costs_no_more_than_another() {
    let world = World::with(&SMALL);
    let body = r#"{"user_id":"ann","event_id":"sample_event"}"#;
    let head = "Host: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked";
    let request = format!("POST {ISSUE} HTTP/1.1\r\n{head}\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let answer = raw(world.server.address, request);
    assert_eq!(answer.ok()["code"], "ISSUED");
    assert_eq!(answer.header("ratelimit"), Some("\"ip\";r=2;t=1"));
}
