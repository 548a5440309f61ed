//! The kind: a connection that ends while a request is on its way, because two parts of the server have two ideas of how
//! long it may be idle. Every way in which a connection can have been used before is asked at every 100 ms around each
//! limit of time that the server has.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};
use testkit::http::{Client, Connection};
use testkit::onsale::{CAMPAIGNS, ISSUE, World};

/// Limits that lie within the idle time, each at another moment.
const LIMITS: [(&str, &str); 3] = [
    ("ONSALE__HTTP__HEADER_TIMEOUT_MS", "800"),
    ("ONSALE__HTTP__REQUEST_TIMEOUT_MS", "1600"),
    ("ONSALE__HTTP__IDLE_TIMEOUT_MS", "6000"),
];
/// Where a request was certainly sent within the idle time, as the server measures it.
const CERTAIN: Duration = Duration::from_millis(5_500);
/// Tenths of a second, from before the first limit to well before the idle time.
const TENTHS: std::ops::RangeInclusive<u64> = 1..=40;

fn issue(client: &Client, user: &str) -> Vec<u8> {
    let body = format!(r#"{{"user_id":"{user}","event_id":"sample_event"}}"#);
    client.request("POST", ISSUE, Some(body.as_bytes()))
}

/// Every way to use a connection: the fast path, the router, their refusals, bodies that nobody reads.
fn first_requests(world: &World) -> Vec<(&'static str, Vec<u8>)> {
    let (people, admin) = (world.anyone(), world.admin());
    let campaign = br#"{"event_id":"sale","name":"Sale","stock":1}"#;
    let chunked = format!(
        "POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         2b\r\n{{\"user_id\":\"ann\",\"event_id\":\"sample_event\"}}\r\n0\r\n\r\n"
    );
    vec![
        ("the fast path", issue(&people, "ann")),
        ("a refusal of the fast path", people.request("POST", ISSUE, Some(b"{}"))),
        ("health", people.request("GET", "/health", None)),
        ("an address that does not exist", people.request("GET", "/nowhere", None)),
        ("another method", people.request("PUT", ISSUE, Some(b"{}"))),
        ("a key that is missing, with a body", people.request("POST", CAMPAIGNS, Some(campaign))),
        ("a campaign", admin.request("POST", CAMPAIGNS, Some(campaign))),
        ("a list", admin.request("GET", CAMPAIGNS, None)),
        ("chunks", chunked.into_bytes()),
        ("a large response", people.request("GET", "/openapi.json", None)),
        ("head", people.request("HEAD", "/health", None)),
    ]
}

fn reply(connection: &mut Connection, what: &str) -> u16 {
    if what == "head" {
        // Its length is that of a body that does not come.
        let status = connection.line().expect("a status line");
        while !connection.line().expect("a header").is_empty() {}
        return status.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    }
    connection.try_reply().unwrap_or_else(|error| panic!("{what}: {error}")).status
}

#[test]
fn a_request_within_the_idle_time_is_never_lost() {
    let world = World::with(&LIMITS);
    let people = world.anyone();
    let firsts = first_requests(&world);
    scope(|scope| {
        for tenth in TENTHS {
            let (people, firsts, address) = (&people, &firsts, world.server.address);
            scope.spawn(move || {
                let mut connections: Vec<(&str, Connection, Instant)> = Vec::new();
                for (what, request) in firsts {
                    let mut connection = Connection::open(address);
                    let begun = Instant::now();
                    connection.send(request);
                    assert!(reply(&mut connection, what) < 500, "{what}");
                    connections.push((what, connection, begun));
                }
                for (what, connection, begun) in &mut connections {
                    sleep(Duration::from_millis(tenth * 100).saturating_sub(begun.elapsed()));
                    connection.send(issue(people, "bob"));
                    // A busy machine may have been asked too late: that proves nothing.
                    let is_certain = begun.elapsed() < CERTAIN;
                    let status = connection.try_reply().map(|reply| reply.status);
                    assert!(
                        !is_certain || status.is_ok_and(|status| status == 200),
                        "{what}, {} ms later",
                        tenth * 100
                    );
                }
            });
        }
    });
}

#[test]
fn every_connection_ends_after_the_idle_time_whoever_served_it() {
    let world = World::with(&[
        ("ONSALE__HTTP__HEADER_TIMEOUT_MS", "600000"),
        ("ONSALE__HTTP__REQUEST_TIMEOUT_MS", "600000"),
        ("ONSALE__HTTP__IDLE_TIMEOUT_MS", "500"),
    ]);
    for (what, request) in first_requests(&world) {
        let mut connection = Connection::open(world.server.address);
        connection.send(request);
        assert!(reply(&mut connection, what) < 500, "{what}");
        assert!(connection.is_closed(), "{what}: it ends without another byte");
    }
}

/// At the limit itself two messages may meet on their way. Whoever then gets no reply must be able to send the call again
/// elsewhere, as a proxy does: nothing of it was done.
#[test]
fn at_the_idle_limit_a_request_is_answered_or_was_never_taken() {
    const LIMIT: Duration = Duration::from_millis(1_000);
    let world = World::with(&[("ONSALE__HTTP__IDLE_TIMEOUT_MS", "1000")]);
    let (people, firsts) = (world.anyone(), first_requests(&world));
    let has_coupon = |user: &str| {
        let held = people.get(&format!("/api/v1/coupons/user/{user}/event/sample_event")).ok();
        !held["coupon_id"].is_null()
    };
    scope(|scope| {
        for tenth in 2..=15_u64 {
            let (people, firsts, has_coupon) = (&people, &firsts, &has_coupon);
            scope.spawn(move || {
                for (number, (what, request)) in firsts.iter().enumerate() {
                    let mut connection = Connection::open(people.address);
                    let begun = Instant::now();
                    connection.send(request);
                    assert!(reply(&mut connection, what) < 500, "{what}");
                    sleep(Duration::from_millis(tenth * 100).saturating_sub(begun.elapsed()));
                    let user = format!("limit-{tenth}-{number}");
                    connection.send(issue(people, &user));
                    // This client began to count before the server did.
                    let is_certain = begun.elapsed() < LIMIT / 2;
                    match connection.try_reply() {
                        Ok(reply) => assert_eq!(reply.status, 200, "{what}, {tenth}"),
                        Err(error) => {
                            assert!(!is_certain, "{what}, {tenth}: {error}");
                            assert!(!has_coupon(&user), "{what}, {tenth}: taken, and not answered: {error}");
                        }
                    }
                }
            });
        }
    });
}

/// A proxy that keeps connections longer than the server sends requests into connections that are being closed.
#[test]
fn the_shipped_proxies_close_before_the_server_does() {
    /// What NGINX does where a pool of connections names no time.
    const OF_NGINX: u64 = 60;
    let settings = include_str!("../../default.toml");
    let idle = settings.lines().find_map(|line| line.trim().strip_prefix("idle_timeout_ms = ")).expect("the default");
    let idle: u64 = idle.parse().expect("milliseconds");
    let mut pools = 0;
    for name in ["onsale.conf.template", "site.conf.template"] {
        let template = std::fs::read_to_string(testkit::edge::source().join(name)).expect("a template");
        let template = template.replace("{{", "").replace("}}", "");
        for pool in template.split("upstream ").skip(1).filter_map(|rest| rest.split_once('}').map(|(pool, _)| pool)) {
            let value = |word: &str| {
                let line = pool.lines().find_map(|line| line.trim().strip_prefix(word)?.trim().strip_suffix(';'));
                line.map(str::to_owned)
            };
            if value("keepalive ").is_none() {
                continue;
            }
            let seconds = value("keepalive_timeout ").map_or(OF_NGINX, |text| {
                text.strip_suffix('s')
                    .and_then(|number| number.parse().ok())
                    .unwrap_or_else(|| panic!("{name}: {text}"))
            });
            assert!(seconds * 1_000 < idle, "{name}: {seconds} s is not shorter than {idle} ms:\n{pool}");
            pools += 1;
        }
    }
    assert!(pools >= 5, "only {pools} pools were found");
}

/// Whoever asks for something else on a proxy's connection must not take the fast path from those who come after.
#[test]
fn a_connection_comes_back_to_the_fast_path_after_another_request() {
    let world = World::new();
    let people = world.anyone();
    let routed = || {
        let text = world.anyone().get("/metrics").text();
        text.lines().filter(|line| line.contains(r#"route="/api/v1/coupons/issue",status"#)).count()
    };
    assert_eq!(routed(), 0);
    let mut connection = Connection::open(world.server.address);
    for (what, request) in
        first_requests(&world).into_iter().filter(|(what, _)| !["chunks", "another method"].contains(what))
    {
        connection.send(request);
        assert!(reply(&mut connection, what) < 500, "{what}");
        connection.send(issue(&people, "ann"));
        assert_eq!(connection.reply().status, 200, "{what}");
    }
    sleep(Duration::from_millis(600));
    assert_eq!(routed(), 0, "the router answered none of them");
    let chunks = first_requests(&world).into_iter().find(|(what, _)| *what == "chunks").expect("chunks").1;
    connection.send(chunks);
    assert_eq!(connection.reply().status, 200);
    testkit::onsale::wait_until("what the router answers is counted there", || routed() == 1);
}

/// All in one write: nothing of a request is lost between the two who answer.
#[test]
fn pipelined_requests_of_every_kind_are_answered_in_their_order() {
    let world = World::new();
    let firsts: Vec<_> = first_requests(&world).into_iter().filter(|(what, _)| *what != "head").collect();
    let mut connection = Connection::open(world.server.address);
    let people = world.anyone();
    let mut bytes = Vec::new();
    for (_, request) in &firsts {
        bytes.extend_from_slice(request);
        bytes.extend_from_slice(&issue(&people, "cid"));
    }
    connection.send(bytes);
    for (what, _) in &firsts {
        assert!(reply(&mut connection, what) < 500, "{what}");
        let after = connection.reply();
        assert!(["ISSUED", "ALREADY_ISSUED"].contains(&after.code().as_str()), "after {what}: {}", after.text());
    }
}
