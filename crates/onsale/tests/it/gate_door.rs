//! The fast path of the server and the router both answer requests for positions and ranks. Clients must not see a
//! difference.

use crate::gate::{enqueue, issue, make, open_the_gate, rank};
use serde_json::{Value, json};
use testkit::http::{Connection, Reply, raw};
use testkit::onsale::{World, make_key, wait_until};

const SHUT: [(&str, &str); 1] = [("ONSALE__GATE__DISPATCH_PER_SECOND", "0")];

fn request(method: &str, target: &str, headers: &str) -> String {
    let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
    format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{length}{headers}\r\n")
}

/// The response of the fast path.
fn at_the_door(world: &World, request: &str) -> Reply {
    raw(world.server.address, request)
}

/// The response of the router: a preceding request of another kind hands it the connection.
fn at_the_router(world: &World, request: &str) -> Reply {
    let mut connection = Connection::open(world.server.address);
    connection.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(connection.reply().status, 200);
    connection.send(request);
    connection.reply()
}

/// The parts of a response that do not depend on time.
fn lasting(answer: &Reply) -> (u16, Value, Vec<Option<&str>>, bool) {
    let mut body = answer.json();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("timestamp");
        fields.remove("traceId");
    }
    let names = [
        "content-type",
        "content-language",
        "cache-control",
        "ratelimit-policy",
        "connection",
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
        "content-security-policy",
        "www-authenticate",
    ];
    let headers = names.into_iter().map(|name| answer.header(name)).collect();
    assert!(answer.header("x-trace-id").is_some());
    (answer.status, body, headers, answer.header("ratelimit").is_some())
}

#[track_caller]
fn same(world: &World, method: &str, target: &str, headers: &str) -> Reply {
    let request = request(method, target, headers);
    let (door, router) = (at_the_door(world, &request), at_the_router(world, &request));
    assert_eq!(lasting(&door), lasting(&router), "{request}");
    door
}

#[test]
fn the_fast_path_and_the_router_reply_alike() {
    let world = World::with(&SHUT);
    make(&world, "both", 10);
    for user in ["ann", "bob"] {
        at_the_door(&world, &request("POST", &format!("/gate/events/both/enqueue?userId={user}"), "")).ok();
    }
    let enqueue = "/gate/events/both/enqueue?userId=bob";
    assert_eq!(same(&world, "POST", enqueue, "").ok(), json!({"status": "ALREADY_ENQUEUED", "rank": 2}));
    for (target, expected) in [
        ("/gate/events/both/rank?userId=bob", json!({"status": "WAITING", "rank": 2})),
        ("/rank?eventId=both&userId=ann", json!({"status": "WAITING", "rank": 1})),
        ("/rank?userId=eve&eventId=both", json!({"status": "UNKNOWN", "rank": null})),
    ] {
        assert_eq!(same(&world, "GET", target, "").ok(), expected, "{target}");
    }
    same(&world, "GET", "/gate/events/nowhere/rank?userId=bob", "").is_error(404, "CAMPAIGN_NOT_FOUND");
    same(&world, "GET", "/gate/events/sample_event/rank?userId=bob", "").is_error(404, "NOT_FOUND");
    same(&world, "POST", "/gate/events/nowhere/enqueue?userId=b", "Accept-Language: ko\r\n")
        .is_error(404, "CAMPAIGN_NOT_FOUND");
    same(&world, "GET", "/gate/events/both/rank?userId=a%20b", "").is_error(400, "INVALID_INPUT");
    same(&world, "GET", "/gate/events/both/rank?userId=", "").is_error(400, "INVALID_INPUT");
    same(&world, "GET", "/gate/events/both/rank", "").is_error(400, "INVALID_INPUT");
    same(&world, "GET", "/gate/events/both/enqueue?userId=bob", "").is_error(405, "METHOD_NOT_ALLOWED");
    let traced = same(&world, "GET", "/rank?eventId=both&userId=ann", "X-Trace-Id: mine-1\r\n");
    assert_eq!(traced.header("x-trace-id"), Some("mine-1"));
    assert_eq!(same(&world, "GET", "/rank?eventId=both&userId=ann", "Connection: close\r\n").status, 200);
}

#[test]
fn both_paths_require_a_key() {
    let closed = [SHUT[0], ("ONSALE__COUPON__OPEN_ISSUE", "false")];
    let world = World::with(&closed);
    make(&world, "keys", 10);
    let (rank, enqueue) = ("/gate/events/keys/rank?userId=ann", "/gate/events/keys/enqueue?userId=ann");
    same(&world, "GET", rank, "").is_error(401, "UNAUTHORIZED");
    same(&world, "POST", enqueue, "").is_error(401, "UNAUTHORIZED");
    same(&world, "GET", rank, "X-Api-Key: made-up\r\n").is_error(401, "UNAUTHORIZED");
    let admin = format!("X-Api-Key: {}\r\n", world.admin_key);
    assert_eq!(same(&world, "GET", rank, &admin).ok()["status"], "UNKNOWN");
    let fresh = format!("X-Api-Key: {}\r\n", make_key(world.folder.path(), &["--tenant", "zoo"]));
    // A key created while the server runs: unknown keys are looked up at most twice per second.
    wait_until("the key works", || at_the_door(&world, &request("POST", enqueue, &fresh)).status != 401);
    at_the_door(&world, &request("POST", enqueue, &fresh)).is_error(404, "CAMPAIGN_NOT_FOUND");
    same(&world, "GET", rank, &fresh).is_error(404, "CAMPAIGN_NOT_FOUND");
}

#[test]
fn both_paths_limit_the_rate() {
    let tight = [
        SHUT[0],
        ("ONSALE__LIMITS__ENABLED", "true"),
        ("ONSALE__LIMITS__PER_IP_PER_SECOND", "1"),
        ("ONSALE__LIMITS__PER_IP_BURST", "20"),
    ];
    let world = World::with(&tight);
    let rank = request("GET", "/rank?eventId=sample_event&userId=ann", "");
    wait_until("the door refuses", || at_the_door(&world, &rank).status == 429);
    let refused = || {
        let (door, router) = (at_the_door(&world, &rank), at_the_router(&world, &rank));
        let both = door.status == 429 && router.status == 429;
        both.then(|| assert_eq!(lasting(&door), lasting(&router)));
        both.then(|| assert!(door.header("retry-after").is_some() && router.header("retry-after").is_some()));
        both
    };
    wait_until("both refuse at once", refused);
}

#[test]
fn one_connection_may_use_both_paths_in_turn() {
    let world = World::with(&SHUT);
    make(&world, "mixed", 10);
    let mut connection = Connection::open(world.server.address);
    let place = request("POST", "/gate/events/mixed/enqueue?userId=ann", "");
    let rank = request("GET", "/gate/events/mixed/rank?userId=ann", "");
    let status = request("GET", "/api/v1/coupons/status/mixed", "");
    connection.send(place.clone() + &rank + &rank + &status + &rank + &place);
    let heard: Vec<Value> = (0..6).map(|_| connection.reply().ok()).collect();
    let waiting = json!({"status": "WAITING", "rank": 1});
    assert_eq!(heard[0], json!({"status": "ENQUEUED", "rank": 1}));
    assert_eq!([&heard[1], &heard[2], &heard[4]], [&waiting; 3]);
    assert_eq!(heard[5], json!({"status": "ALREADY_ENQUEUED", "rank": 1}));
    assert_eq!(open_the_gate(&world, "mixed", 100).status, 204);
    wait_until("the next is let in", || at_the_door(&world, &rank).ok() == json!({"status": "ACTIVE", "rank": null}));
    assert_eq!(same(&world, "POST", "/gate/events/mixed/enqueue?userId=ann", "").ok()["rank"], 0);
}

/// On both paths the limit of the route applies to the body (GW-014).
#[test]
fn both_paths_allow_bodies_of_the_same_size() {
    const COUPON_BYTES_MAX: usize = 64 * 1024;
    const BYTES_MAX: usize = 1024 * 1024;
    // Two names.
    const NAMES_BYTES_MAX: usize = 2_048;
    let world = World::with(&SHUT);
    make(&world, "large", 10);
    let padded = |start: &str, body: &str, length: usize| {
        let head =
            format!("{start} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n");
        format!("{head}\r\n{body}{}", " ".repeat(length - body.len()))
    };
    let same = |request: &str, expected: u16, what: &str| {
        let (door, router) = (at_the_door(&world, request), at_the_router(&world, request));
        let ((status, body, ..), (router_status, router_body, ..)) = (lasting(&door), lasting(&router));
        // After a refused body the server decides whether the connection stays open.
        assert_eq!((status, body), (router_status, router_body), "{what}");
        assert_eq!(door.status, expected, "{what}: {}", door.text());
        if expected == 413 {
            door.is_error(413, "PAYLOAD_TOO_LARGE");
        }
    };
    at_the_door(&world, &request("POST", "/gate/events/large/enqueue?userId=ann", "")).ok();
    // Nobody reads these bodies: what the gateway lets in is not too large.
    let gate_sizes = [(COUPON_BYTES_MAX, 200), (COUPON_BYTES_MAX + 1, 200), (BYTES_MAX, 200), (BYTES_MAX + 1, 413)];
    for (start, body) in [
        ("POST /gate/events/large/enqueue?userId=ann", ""),
        ("GET /gate/events/large/rank?userId=ann", ""),
        ("POST /issue/events/large?userId=ann", ""),
    ] {
        for (length, expected) in gate_sizes {
            same(&padded(start, body, length), expected, &format!("{start} with {length} bytes"));
        }
    }
    let body = r#"{"eventId":"large","userId":"ann"}"#;
    for (length, expected) in [(NAMES_BYTES_MAX, 200), (NAMES_BYTES_MAX + 1, 413)] {
        same(&padded("POST /enqueue", body, length), expected, &format!("/enqueue with {length} bytes"));
    }
    let body = r#"{"user_id":"ann","event_id":"large"}"#;
    for (length, expected) in [(COUPON_BYTES_MAX, 200), (COUPON_BYTES_MAX + 1, 413)] {
        let start = "POST /api/v1/coupons/issue";
        same(&padded(start, body, length), expected, &format!("{start} with {length} bytes"));
    }
}

/// Kind: a gate that knows that nothing is left and gives a position. The server that has given the last coupon says so with
/// its next answer, not when the gate is brought up to date.
#[test]
fn nobody_is_put_in_line_for_what_is_gone() {
    let world = World::with(&[("ONSALE__GATE__DISPATCH_PER_SECOND", "100"), ("ONSALE__LIMITS__ENABLED", "false")]);
    for round in 0..10 {
        let event = format!("gone-{round}");
        make(&world, &event, 1);
        enqueue(&world, &event, "ann");
        wait_until("the first is admitted", || rank(&world, &event, "ann")["status"] == "ACTIVE");
        assert_eq!(issue(&world, &event, "ann"), "SUCCESS");
        let late = json!({"status": "SOLD_OUT", "rank": null});
        assert_eq!(enqueue(&world, &event, "bob"), late, "{event}");
        assert_eq!(rank(&world, &event, "bob"), late, "{event}");
        let closed = format!("closed-{round}");
        make(&world, &closed, 5);
        world.admin().post(&format!("/api/v1/admin/campaigns/{closed}/close")).ok();
        assert_eq!(enqueue(&world, &closed, "bob"), late, "{closed}");
    }
}
