//! Invalid requests: each gets a clear response, on the hot route and on the others.

use serde_json::json;
use testkit::http::Client;
use testkit::onsale::{CAMPAIGNS, ISSUE, World};

#[track_caller]
fn refused(client: &Client, body: &[u8]) {
    let answer = client.call("POST", ISSUE, Some(body));
    answer.is_error(400, "INVALID_INPUT");
    assert!(answer.body.len() < 1_000, "what was sent is not said back at length");
}

#[test]
fn malformed_issue_requests_are_refused() {
    let world = World::new();
    let people = world.anyone();
    let long = format!(r#"{{"user_id":"{}","event_id":"sample_event"}}"#, "u".repeat(129));
    let deep = "[".repeat(10_000);
    let bodies: [&[u8]; 26] = [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b"7",
        b"\"text\"",
        b"user_id=a&event_id=b",
        b"{}",
        br#"{"user_id":"ann"}"#,
        br#"{"event_id":"sample_event"}"#,
        br#"{"user_id":null,"event_id":"sample_event"}"#,
        br#"{"user_id":7,"event_id":"sample_event"}"#,
        br#"{"user_id":["ann"],"event_id":"sample_event"}"#,
        br#"{"user_id":"","event_id":"sample_event"}"#,
        br#"{"user_id":"ann","event_id":""}"#,
        br#"{"user_id":"a b","event_id":"sample_event"}"#,
        br#"{"user_id":"a\u0000","event_id":"sample_event"}"#,
        br#"{"user_id":"a\nb","event_id":"sample_event"}"#,
        br#"{"user_id":"ann","event_id":"../../etc"}"#,
        "{\"user_id\":\"사람\",\"event_id\":\"sample_event\"}".as_bytes(),
        b"{\"user_id\":\"a\x01\",\"event_id\":\"sample_event\"}",
        b"{\"user_id\":\"\xff\xfe\",\"event_id\":\"sample_event\"}",
        br#"{"user_id":"ann","event_id":"sample_event"} trailing"#,
        long.as_bytes(),
        deep.as_bytes(),
    ];
    for body in bodies {
        refused(&people, body);
    }
    refused(&people, br#"{"user_id":"ann","user_id":"bob","event_id":"sample_event"}"#);
    assert_eq!(people.get("/api/v1/coupons/status/sample_event").field("total_participants"), 0);
}

#[test]
fn a_body_may_be_exactly_as_large_as_the_limit() {
    const LIMIT: usize = 65_536;
    let world = World::new();
    let padded = |length: usize| {
        let body = r#"{"user_id":"ann","event_id":"sample_event"}"#;
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let issue = |length: usize| world.anyone().call("POST", ISSUE, Some(padded(length).as_bytes()));
    assert_eq!(issue(LIMIT).ok()["code"], "ISSUED");
    issue(LIMIT + 1).is_error(413, "PAYLOAD_TOO_LARGE");
    issue(10 * LIMIT).is_error(413, "PAYLOAD_TOO_LARGE");
    let campaign = |length: usize| {
        let body = json!({"event_id": "sale", "name": "Sale", "stock": 1}).to_string();
        let body = format!("{body}{}", " ".repeat(length - body.len()));
        world.admin().call("POST", CAMPAIGNS, Some(body.as_bytes()))
    };
    campaign(LIMIT + 1).is_error(413, "PAYLOAD_TOO_LARGE");
    assert_eq!(campaign(LIMIT).status, 201);
    let chunked = |length: usize| {
        let head = format!(
            "POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        testkit::http::raw(world.server.address, format!("{head}{length:x}\r\n{}\r\n0\r\n\r\n", padded(length)))
    };
    assert_eq!(chunked(LIMIT).ok()["code"], "ALREADY_ISSUED");
    chunked(LIMIT + 1).is_error(413, "PAYLOAD_TOO_LARGE");
}

#[test]
fn only_json_is_accepted() {
    let world = World::new();
    let body = br#"{"user_id":"ann","event_id":"sample_event"}"#;
    for bad in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let client = world.anyone().with("Content-Type", bad);
        client.call("POST", ISSUE, Some(body)).is_error(415, "UNSUPPORTED_MEDIA_TYPE");
        let client = world.admin().with("Content-Type", bad);
        client.call("POST", CAMPAIGNS, Some(b"{}")).is_error(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let client = world.anyone().with("Content-Type", "Application/JSON; charset=utf-8");
    assert_eq!(client.call("POST", ISSUE, Some(body)).status, 200);
}

#[test]
fn a_wrong_method_is_answered_with_the_right_ones() {
    let world = World::new();
    let people = world.anyone();
    for (method, path, allow) in [
        ("GET", ISSUE, "POST"),
        ("PUT", ISSUE, "POST"),
        ("DELETE", ISSUE, "POST"),
        ("POST", "/api/v1/coupons/status/sample_event", "GET"),
        ("PUT", "/api/v1/admin/campaigns/sample_event", "GET"),
        ("PUT", "/api/v1/admin/campaigns/sample_event", "PATCH"),
        ("GET", "/api/v1/admin/campaigns/sample_event/open", "POST"),
        ("POST", "/health", "GET"),
        ("BREW", ISSUE, "POST"),
    ] {
        let answer = people.call(method, path, None);
        answer.is_error(405, "METHOD_NOT_ALLOWED");
        let told = answer.header("allow").unwrap_or_default();
        assert!(told.split(',').any(|word| word.trim() == allow), "{method} {path}: Allow is {told:?}");
    }
    assert_eq!(people.call("OPTIONS", ISSUE, None).status, 204);
}

#[test]
fn absurd_paths_and_numbers_are_refused() {
    let world = World::new();
    let (people, admin) = (world.anyone(), world.admin());
    for path in ["/nowhere", "/api/v1/coupons", "/api/v1/coupons/issue/", "/api/v1/coupons/issue/x", "/etc/passwd"] {
        people.get(path).is_error(404, "NOT_FOUND");
    }
    let long = "a".repeat(129);
    for name in ["%00", "a%20b", "%ff", "%ED%A0%80", "a%2Fb", long.as_str()] {
        people.get(&format!("/api/v1/coupons/status/{name}")).is_error(400, "INVALID_INPUT");
        people.get(&format!("/api/v1/coupons/user/{name}/event/sample_event")).is_error(400, "INVALID_INPUT");
        admin.get(&format!("{CAMPAIGNS}/{name}")).is_error(400, "INVALID_INPUT");
    }
    for number in ["99999999999999999999999999", "1e9", "0x10", "-0", "%00"] {
        let path = format!("/api/v1/admin/events/big/stock?initial_stock={number}");
        people.post(&path).is_error(400, "INVALID_INPUT");
    }
    let body = format!(r#"{{"event_id":"big","name":"Big","stock":{}}}"#, "9".repeat(4_000));
    admin.call("POST", CAMPAIGNS, Some(body.as_bytes())).is_error(400, "INVALID_INPUT");
}
