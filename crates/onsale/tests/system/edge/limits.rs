//! A flood gets 429 at once, and other clients are unaffected (FCFS-011).

use crate::edge::backend::Backend;
use crate::edge::recorder::{Manner, Recorder};
use std::net::SocketAddr;
use testkit::edge::{Edge, Value, source};
use testkit::http::{Client, Connection, Reply};
use testkit::onsale::{ISSUE, wait_until};

/// A bucket that does not refill during a test.
fn small_address() -> Vec<Value> {
    vec![("address_rate", "1".to_owned()), ("address_burst", "4".to_owned())]
}

#[track_caller]
fn too_many(answer: &Reply) {
    answer.is_error(429, "RATE_LIMIT_EXCEEDED");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.header("ratelimit"), Some("\"edge\";r=0;t=1"));
}

/// Statuses of this many calls in sequence; each is 200 or a well-formed 429.
fn heard(count: usize, call: impl Fn(usize) -> Reply) -> Vec<u16> {
    let listen = |number| {
        let answer = call(number);
        if answer.status != 200 {
            too_many(&answer);
        }
        answer.status
    };
    (0..count).map(listen).collect()
}

const STATUS: &str = "/api/v1/coupons/status/sample_event";

/// The response to a client with an empty bucket; tokens added meanwhile are used up first.
#[track_caller]
fn refusal(client: &Client) -> Reply {
    let mut answers = (0..40).map(|_| client.get(STATUS));
    let answer = answers.find(|answer| answer.status != 200).expect("one of them was too many");
    too_many(&answer);
    answer
}

#[test]
fn a_flood_gets_429_and_other_addresses_are_unaffected() {
    let backend = Backend::start(&[]);
    let Some(edge) = Edge::before_one(backend.address, &small_address()) else { return };
    let (flood, other) = (edge.client_at("203.0.113.7"), edge.client_at("203.0.113.8"));
    let statuses = heard(60, |number| flood.issue(&format!("user-{number}"), "sample_event"));
    assert_eq!(statuses[..4], [200; 4], "the burst");
    assert!(statuses.contains(&429));
    refusal(&flood);
    assert_eq!(other.issue("other", "sample_event").code(), "ISSUED");
    let refused = refusal(&flood.with("Accept-Language", "ko").with("X-Trace-Id", "t-1"));
    assert_eq!(refused.field("message"), "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.");
    assert_eq!(refused.field("traceId"), "t-1");
    wait_until("the bucket gives again", || flood.get(STATUS).status == 200);
    let line = edge.log(|lines| lines.len() > 60).into_iter().find(|line| line["status"] == 429).expect("one");
    assert_eq!((&line["limit_req"], &line["upstream"]), (&"REJECTED".into(), &"".into()), "{line}");
}

/// While the application does not respond, excess requests still get 429, before the admitted requests get their
/// responses.
#[test]
fn a_flood_does_not_wait_for_a_server_that_hangs() {
    let backend = Backend::start(&[]);
    let Some(edge) = Edge::before_one(backend.address, &small_address()) else { return };
    backend.server.stall();
    let client = edge.client();
    let mut flood: Vec<Connection> = (0..40).map(|_| Connection::open(edge.address)).collect();
    for connection in &mut flood {
        connection.send(client.request("POST", ISSUE, Some(br#"{"user_id":"ann","event_id":"sample_event"}"#)));
    }
    // A bucket of five plus refilled tokens: the last of forty exceed the limit, in any order of workers.
    wait_until("most were refused", || {
        let refused = flood.iter().filter(|connection| connection.has_reply()).count();
        refused >= 20
    });
    for mut connection in flood.into_iter().filter(Connection::has_reply) {
        too_many(&connection.reply());
    }
    backend.server.resume();
}

#[test]
fn a_crowd_gets_success_or_429_and_nothing_else() {
    let backend = Backend::start(&[]);
    let Some(edge) =
        Edge::before_one(backend.address, &[("address_rate", "20".to_owned()), ("address_burst", "50".to_owned())])
    else {
        return;
    };
    let client = edge.client();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let run = |caller: usize| {
            let client = client.clone();
            scope.spawn(move || heard(25, |number| client.issue(&format!("u-{caller}-{number}"), "sample_event")))
        };
        let callers: Vec<_> = (0..16).map(run).collect();
        callers.into_iter().flat_map(|caller| caller.join().expect("no other answer")).collect()
    });
    assert!(statuses.iter().filter(|status| **status == 200).count() >= 50, "the burst was let through");
    assert!(statuses.contains(&429));
}

/// A request with an incomplete body.
fn half_sent(address: SocketAddr) -> Connection {
    let mut connection = Connection::open(address);
    connection.send(format!("POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{"));
    connection
}

#[test]
fn concurrent_requests_are_limited_too() {
    let recorder = Recorder::start(Manner::Answer);
    let Some(edge) = Edge::before_one(recorder.address, &[("address_connections", "3".to_owned())]) else { return };
    let slow: Vec<Connection> = (0..6).map(|_| half_sent(edge.address)).collect();
    wait_until("three were refused", || slow.iter().filter(|connection| connection.has_reply()).count() == 3);
    let (refused, mut slow): (Vec<_>, Vec<_>) = slow.into_iter().partition(Connection::has_reply);
    for mut connection in refused {
        too_many(&connection.reply());
    }
    let client = edge.client();
    too_many(&client.get(STATUS));
    assert_eq!(edge.client_at("203.0.113.8").get(STATUS).status, 200, "another address has its own places");
    slow[0].send("}");
    assert_eq!(slow[0].reply().status, 200);
    wait_until("there is a place again", || client.get(STATUS).status == 200);
    drop(slow);
    assert_eq!(recorder.count("POST"), 1, "a body that does not come occupies no application server");
}

/// The limits of the edge apply before the body is read, where the application's limit per user cannot.
#[test]
fn a_credential_has_a_bucket_of_its_own() {
    let recorder = Recorder::start(Manner::Answer);
    for (header, prefix, rate, burst) in
        [("Authorization", "Bearer ", "user_rate", "user_burst"), ("X-Api-Key", "", "shop_rate", "shop_burst")]
    {
        let values = [(rate, "1".to_owned()), (burst, "4".to_owned())];
        let Some(edge) = Edge::before_one(recorder.address, &values) else { return };
        // With a common beginning, like real tokens.
        let token = |name: &str| format!("{prefix}{}{name}", "x".repeat(100));
        let from = |address: usize, name: &str| {
            edge.client_at(&format!("203.0.113.{address}")).with(header, &token(name)).get(STATUS)
        };
        let statuses = heard(40, |number| from(number, "ann"));
        assert!(statuses.contains(&429), "one bucket wherever the calls come from: {header}");
        assert_eq!(from(1, "bob").status, 200, "another's is full: {header}");
        assert_eq!(heard(40, |_| edge.client().get(STATUS)), [200; 40], "without one only the address counts");
    }
}

#[test]
fn invented_credentials_do_not_bypass_the_limit_by_address() {
    let recorder = Recorder::start(Manner::Answer);
    let Some(edge) = Edge::before_one(recorder.address, &small_address()) else { return };
    for header in ["Authorization", "X-Api-Key", "X-User-Id", "X-Real-IP"] {
        let statuses = heard(40, |number| edge.client().with(header, &format!("made-up-{number}")).get(STATUS));
        assert!(statuses.contains(&429), "{header}");
    }
}

#[test]
fn the_addresses_of_one_ipv6_customer_count_as_one() {
    let recorder = Recorder::start(Manner::Answer);
    let Some(edge) = Edge::before_one(recorder.address, &small_address()) else { return };
    let statuses = heard(40, |number| edge.client_at(&format!("2001:db8:0:1::{number:x}")).get(STATUS));
    assert!(statuses.contains(&429));
    for number in 2..42 {
        assert_eq!(edge.client_at(&format!("2001:db8:0:{number:x}::1")).get(STATUS).status, 200);
        assert_eq!(edge.client_at(&format!("203.0.113.{number}")).get(STATUS).status, 200);
    }
}

/// An IPv4 address in the form of IPv6 is the IPv4 address: all of them lie in one /64.
#[test]
fn mapped_addresses_are_those_of_ipv4() {
    let recorder = Recorder::start(Manner::Answer);
    let Some(edge) = Edge::before_one(recorder.address, &small_address()) else { return };
    assert!(heard(40, |_| edge.client_at("::ffff:203.0.113.1").get(STATUS)).contains(&429));
    for number in 2..42 {
        assert_eq!(edge.client_at(&format!("::ffff:203.0.113.{number}")).get(STATUS).status, 200, "{number}");
    }
}

/// The kind: a key of a limit that is an address instead of a network. A walk over all templates and included files.
#[test]
fn every_limit_of_the_templates_counts_networks() {
    let files = ["", "onsale"].map(|folder| std::fs::read_dir(source().join(folder)).expect("a folder"));
    let (mut limits, mut maps) = (0, Vec::new());
    for file in files.into_iter().flatten() {
        let path = file.expect("a file").path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let is_zone = |line: &&str| line.starts_with("limit_req_zone") || line.starts_with("limit_conn_zone");
        for line in text.lines().map(str::trim_start).filter(is_zone) {
            limits += 1;
            assert!(!line.contains("remote_addr"), "{}: {line}", path.display());
        }
        let map = text.split_once("map $binary_remote_addr $onsale_network {");
        maps.extend(map.map(|(_, map)| map.lines().take_while(|line| *line != "}").collect::<Vec<_>>().join("\n")));
    }
    assert!(limits >= 7, "{limits}");
    assert!(maps.len() == 2 && maps[0] == maps[1], "{maps:?}");
}

#[test]
fn known_networks_are_not_limited_by_address() {
    let recorder = Recorder::start(Manner::Answer);
    let mut values = small_address();
    values.push(("unlimited_networks", "203.0.113.0/24 1;\n198.51.100.7/32 1;".to_owned()));
    let Some(edge) = Edge::before_one(recorder.address, &values) else { return };
    for address in ["203.0.113.9", "198.51.100.7"] {
        assert_eq!(heard(40, |_| edge.client_at(address).get(STATUS)), [200; 40]);
    }
    assert!(heard(40, |_| edge.client_at("198.51.100.8").get(STATUS)).contains(&429));
}

/// The application's own limiter, behind the edge.
fn limited_application() -> Backend {
    Backend::start(&[
        ("ONSALE__LIMITS__ENABLED", "true"),
        ("ONSALE__LIMITS__PER_IP_PER_SECOND", "1"),
        ("ONSALE__LIMITS__PER_IP_BURST", "3"),
        ("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1"),
    ])
}

fn statuses_of(client: impl Fn(usize) -> Client) -> Vec<u16> {
    (0..40).map(|number| client(number).issue(&format!("user-{number}"), "sample_event").status).collect()
}

#[test]
fn the_applications_limiter_sees_the_real_address() {
    let backend = limited_application();
    let Some(edge) = Edge::before_one(backend.address, &[]) else { return };
    assert_eq!(statuses_of(|number| edge.client_at(&format!("203.0.113.{number}"))), [200; 40]);
    let answer = (0..40).map(|number| edge.client_at("198.51.100.1").issue(&format!("v-{number}"), "sample_event"));
    let answer = answer.into_iter().find(|answer| answer.status == 429).expect("one address is limited");
    assert!(answer.header("ratelimit").is_some_and(|state| state.starts_with("\"ip\";r=0")), "by the application");
}

#[test]
fn a_client_cannot_claim_another_address() {
    let backend = limited_application();
    let Some(edge) = Edge::before_one(backend.address, &[("real_ip_networks", String::new())]) else { return };
    assert!(statuses_of(|number| edge.client_at(&format!("203.0.113.{number}"))).contains(&429));
    // Behind a trusted proxy, which appends the real address: everything before it is forged.
    let Some(edge) = Edge::before_one(backend.address, &[]) else { return };
    let forged = |number: usize| edge.client_at(&format!("203.0.113.{number}, 198.51.100.2"));
    assert!(statuses_of(forged).contains(&429));
}
