//! The kind: something scarce that one holder can take whole: connections, streams, requests that a proxy forwards, the
//! bucket of a /64. In each test a hostile network takes all that it gets, and an honest one is served meanwhile.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use testkit::http::{Client, Connection};
use testkit::onsale::visitor::shut;
use testkit::onsale::{CAMPAIGNS, ISSUE, World, wait_until};

/// The network of a client that binds to no address.
const HOSTILE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Another network on this machine.
const HONEST: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Longer than a test: what ends does not end by itself.
const PATIENT: [(&str, &str); 2] =
    [("ONSALE__HTTP__HEADER_TIMEOUT_MS", "600000"), ("ONSALE__HTTP__IDLE_TIMEOUT_MS", "600000")];
const PROXY: (&str, &str) = ("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1");

fn world(more: &[(&'static str, &'static str)]) -> World {
    World::with(&[&PATIENT[..], more].concat())
}

fn issue_request(address: SocketAddr, user: &str) -> Vec<u8> {
    let body = format!(r#"{{"user_id":"{user}","event_id":"sample_event"}}"#);
    Client::new(address).request("POST", ISSUE, Some(body.as_bytes()))
}

/// Whether a client of that network gets a coupon.
fn is_served(world: &World, network: IpAddr, user: &str) -> bool {
    let mut connection = Connection::open_from(network, world.server.address);
    connection.send(issue_request(world.server.address, user));
    connection.try_reply().is_ok_and(|reply| reply.status == 200)
}

#[test]
fn a_network_has_its_share_of_connections() {
    let world = world(&[("ONSALE__HTTP__MAX_CONNECTIONS_PER_NETWORK", "5")]);
    let held: Vec<Connection> = (0..5).map(|_| Connection::open_from(HOSTILE, world.server.address)).collect();
    let mut beyond = Connection::open_from(HOSTILE, world.server.address);
    let refused = beyond.reply();
    refused.is_error(429, "RATE_LIMIT_EXCEEDED");
    assert!(refused.header("retry-after").is_some() && beyond.is_closed());
    assert!(is_served(&world, HONEST, "ann"));
    drop(held);
    wait_until("the share is free again", || is_served(&world, HOSTILE, "bob"));
}

#[test]
fn silent_connections_end_first_when_all_are_in_use() {
    let world = world(&[
        ("ONSALE__HTTP__MAX_CONNECTIONS", "20"),
        ("ONSALE__HTTP__MAX_CONNECTIONS_PER_NETWORK", "0"),
        ("ONSALE__QUEUE__STREAMS_MAX", "2"),
    ]);
    let mut honest = Connection::open_from(HONEST, world.server.address);
    honest.send(issue_request(world.server.address, "first"));
    assert_eq!(honest.reply().status, 200);
    let mut held = Vec::new();
    for round in 0..5 {
        held.extend((0..40).map(|_| Connection::open_from(HOSTILE, world.server.address)));
        assert!(is_served(&world, HONEST, &format!("user-{round}")), "round {round}");
    }
    // It has been answered before and waits idle: those that never said anything end before it.
    honest.send(issue_request(world.server.address, "last"));
    assert_eq!(honest.reply().status, 200);
}

/// Silence at the start has the limit of a head, not that of an idle connection: on every listener.
#[test]
fn the_first_byte_has_the_time_of_a_head() {
    let management = testkit::Port::free().expect("a port");
    let listen = format!("127.0.0.1:{}", management.number());
    let world = World::with(&[
        ("ONSALE__HTTP__HEADER_TIMEOUT_MS", "1000"),
        ("ONSALE__HTTP__IDLE_TIMEOUT_MS", "600000"),
        ("ONSALE__HTTP__MANAGEMENT_LISTEN", &listen),
    ]);
    for address in [world.server.address, listen.parse().expect("an address")] {
        let mut silent = Connection::open(address);
        assert!(silent.is_closed(), "{address}: it is closed without a word");
        let mut half = Connection::open(address);
        half.send("GET /health HTTP/1.1\r\n");
        if let Ok(reply) = half.try_reply() {
            reply.is_error(408, "REQUEST_TIMEOUT");
        }
        let mut idle = Connection::open(address);
        idle.send(Client::new(address).request("GET", "/health/live", None));
        assert_eq!(idle.reply().status, 200);
        std::thread::sleep(std::time::Duration::from_millis(2_000));
        idle.send(Client::new(address).request("GET", "/health/live", None));
        assert_eq!(idle.reply().status, 200, "{address}: an answered connection has the idle time");
    }
}

#[test]
fn health_and_operators_have_a_reserve_when_all_connections_are_busy() {
    let world = shut(&[
        PATIENT[0],
        ("ONSALE__HTTP__MAX_CONNECTIONS", "256"),
        ("ONSALE__HTTP__MAX_CONNECTIONS_PER_NETWORK", "0"),
        ("ONSALE__QUEUE__STREAMS_MAX", "240"),
        ("ONSALE__QUEUE__STREAMS_MAX_PER_NETWORK", "0"),
    ]);
    let stream = Client::new(world.server.address).request("GET", "/queue/stream/shop", None);
    let mut held = Vec::new();
    // The reserve is the rest.
    for _ in 0..240 {
        let mut connection = Connection::open(world.server.address);
        connection.send(&stream);
        assert!(connection.line().expect("a status line").contains("200"));
        held.push(connection);
    }
    for _ in 0..5 {
        assert_eq!(world.anyone().get("/health/live").status, 200);
        assert_eq!(world.anyone().get("/health/ready").status, 200);
        assert_eq!(world.admin().get(CAMPAIGNS).status, 200);
        assert_eq!(world.admin().get("/queue/admin/stats").status, 200);
        let refused = world.anyone().issue("ann", "sample_event");
        refused.is_error(503, "SERVICE_UNAVAILABLE");
        assert!(refused.header("retry-after").is_some());
        world.anyone().get("/queue/stream/shop").is_error(503, "SERVICE_UNAVAILABLE");
    }
    drop(held);
    wait_until("everybody is served again", || world.anyone().issue("ann", "sample_event").status == 200);
}

/// A body that comes slowly holds something. Behind a proxy it is the client's, also on the fast path.
#[test]
fn bodies_that_a_proxy_forwards_count_for_their_network() {
    let world = world(&[
        PROXY,
        ("ONSALE__HTTP__MAX_CONNECTIONS_PER_NETWORK", "2"),
        ("ONSALE__HTTP__REQUEST_TIMEOUT_MS", "600000"),
    ]);
    let heads = "Host: a\r\nContent-Type: application/json\r\nX-Forwarded-For: 203.0.113.1\r\nContent-Length: 62";
    let slow = || {
        let mut connection = Connection::open(world.server.address);
        connection.send(format!("POST {ISSUE} HTTP/1.1\r\n{heads}\r\n\r\n{{"));
        connection
    };
    let held = std::cell::RefCell::new([slow(), slow()]);
    let status =
        |network: &str, user: &str| world.anyone().with("X-Forwarded-For", network).issue(user, "sample_event").status;
    wait_until("both bodies count", || {
        // One that met a request of this loop was refused, and is sent again.
        let mut held = held.borrow_mut();
        held.iter_mut().filter(|connection| connection.has_reply()).for_each(|connection| *connection = slow());
        status("203.0.113.1", "ann") == 429
    });
    assert_eq!(status("203.0.113.2", "bob"), 200, "another network is served");
    drop(held);
    wait_until("the share is free again", || status("203.0.113.1", "ann") == 200);
}

#[test]
fn a_network_has_its_share_of_streams() {
    let world = shut(&[PROXY, ("ONSALE__QUEUE__STREAMS_MAX_PER_NETWORK", "2")]);
    let open = |address: &str| {
        let mut connection = Connection::open(world.server.address);
        let client = world.anyone().with("X-Forwarded-For", address);
        connection.send(client.request("GET", "/queue/stream/shop", None));
        let status = connection.line().expect("a status line");
        (connection, status)
    };
    // Addresses of one customer of IPv6, in the forms in which proxies write them.
    let held = ["2001:db8:7:7::1", "[2001:db8:7:7::2]"].map(open);
    assert!(held.iter().all(|(_, status)| status.contains("200")), "{held:?}");
    for address in ["2001:db8:7:7::3", "[2001:db8:7:7:ffff::]", "[2001:db8:7:7::4]:4711"] {
        assert!(open(address).1.contains("429"), "{address}");
    }
    assert!(open("[2001:db8:7:8::1]").1.contains("200"), "another customer");
    drop(held);
    wait_until("the share is free again", || open("2001:db8:7:7::9").1.contains("200"));
}

/// A proxy holds the connections of many: they are counted for the networks that it forwards.
#[test]
fn a_proxy_is_exempt_and_those_behind_it_have_their_shares() {
    let world = world(&[
        PROXY,
        ("ONSALE__HTTP__MAX_CONNECTIONS_PER_NETWORK", "2"),
        ("ONSALE__HTTP__REQUEST_TIMEOUT_MS", "600000"),
    ]);
    // A body that does not come holds its request.
    let hold = |address: &str| {
        let mut connection = Connection::open(world.server.address);
        connection.send(format!(
            "POST {CAMPAIGNS} HTTP/1.1\r\nHost: a\r\nX-Api-Key: {}\r\nX-Forwarded-For: {address}\r\nContent-Type: \
             application/json\r\nContent-Length: 50\r\n\r\n",
            world.admin_key
        ));
        connection
    };
    let status =
        |address: &str| world.anyone().with("X-Forwarded-For", address).get("/api/v1/coupons/status/sample_event");
    let held = RefCell::new(Vec::new());
    wait_until("the share of the network is used up", || {
        let mut held = held.borrow_mut();
        // One that was answered holds nothing: a busy server may not have read the key yet.
        held.retain(|connection: &Connection| !connection.has_reply());
        while held.len() < 2 {
            let next = hold(&format!("2001:db8:7:7::{}", held.len() + 1));
            held.push(next);
        }
        status("2001:db8:7:7::3").status == 429
    });
    for last in 1..20 {
        assert_eq!(status(&format!("203.0.113.{last}")).status, 200, "others behind the same proxy");
    }
    assert_eq!(status("2001:db8:7:8::1").status, 200);
}

/// The bucket of rates belongs to the network, however its addresses are written.
#[test]
fn a_customer_of_ipv6_has_one_bucket() {
    let world = World::with(&[
        PROXY,
        ("ONSALE__LIMITS__ENABLED", "true"),
        ("ONSALE__LIMITS__PER_IP_PER_SECOND", "1"),
        ("ONSALE__LIMITS__PER_IP_BURST", "3"),
    ]);
    let statuses = |address: &dyn Fn(u32) -> String, path: &str| -> Vec<u16> {
        let ask = |n| world.anyone().with("X-Forwarded-For", &address(n)).get(path).status;
        (1..=30).map(ask).collect()
    };
    let status = "/api/v1/coupons/status/sample_event";
    let mut customer = 0;
    for path in [status, "/gate/events/sample_event/rank?userId=ann", "/nowhere", "/wait/shop"] {
        for form in ["", "[]", "[]:4711"] {
            customer += 1;
            let address = move |n: u32| match form {
                "" => format!("2001:db8:7:{customer:x}::{n:x}"),
                "[]" => format!("[2001:db8:7:{customer:x}::{n:x}]"),
                _ => format!("[2001:db8:7:{customer:x}::{n:x}]:4711"),
            };
            let heard = statuses(&address, path);
            assert!(heard.contains(&429), "{path} {form}: {heard:?}");
        }
    }
    let heard = statuses(&|n| format!("2001:db8:8:{n:x}::1"), status);
    assert!(!heard.contains(&429), "each customer has a bucket: {heard:?}");
}

/// What a stranger causes is counted, and a few lines of it are logged.
#[test]
fn a_flood_of_refusals_is_a_few_lines_of_log() {
    let world = World::with(&[
        ("ONSALE__LIMITS__ENABLED", "true"),
        ("ONSALE__LIMITS__PER_IP_PER_SECOND", "1"),
        ("ONSALE__LIMITS__PER_IP_BURST", "3"),
        ("ONSALE__LOG__LEVEL", "info"),
        ("ONSALE__LOG__ACCESS", "true"),
    ]);
    let complete = "/gate/events/sample_event/processing/complete?userId=ann";
    for (method, path) in
        [("GET", "/nowhere"), ("GET", "/api/v1/coupons/status/sample_event"), ("POST", complete), ("GET", "/health")]
    {
        let before = world.server.log().lines().count();
        for _ in 0..600 {
            world.anyone().call(method, path, None);
        }
        let lines = world.server.log().lines().count() - before;
        assert!(lines < 300, "{method} {path}: {lines} lines of 600 requests");
    }
    let metrics = world.anyone().get("/metrics").text();
    assert!(metrics.contains(r#"status="429""#), "{metrics}");
}

#[test]
fn a_system_without_descriptors_is_told_and_not_left_hanging() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let world = world(&[("ONSALE__HTTP__MAX_CONNECTIONS_PER_NETWORK", "0")]);
    let process = world.server.pid();
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).expect("its descriptors").count() as u64;
    let limit = Rlimit { current: Some(open + 10), maximum: Some(open + 10) };
    let pid = Pid::from_raw(i32::try_from(process).expect("a process id"));
    prlimit(pid, Resource::Nofile, limit).expect("lowered");
    let mut held: Vec<Connection> = (0..60).map(|_| Connection::open(world.server.address)).collect();
    wait_until("one of them hears that there is no room", || held.iter().any(Connection::has_reply));
    let at = held.iter().position(Connection::has_reply).expect("one");
    held[at].reply().is_error(503, "SERVICE_UNAVAILABLE");
    // The silent ones made room.
    wait_until("an honest one is served", || is_served(&world, HONEST, "ann"));
}

#[test]
fn streams_that_could_take_every_connection_are_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    for (connections, streams, starts) in [("300", "285", false), ("16384", "16384", false), ("300", "1000000", false)]
    {
        let mut command = testkit::onsale::onsale(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
        command.env("ONSALE__HTTP__MAX_CONNECTIONS", connections).env("ONSALE__QUEUE__STREAMS_MAX", streams);
        let output = command.output().expect("runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code() == Some(2), !starts, "{said}");
        assert!(said.contains("queue.streams_max") && said.contains("http.max_connections"), "{said}");
    }
    // Exactly what fits.
    drop(World::with(&[("ONSALE__HTTP__MAX_CONNECTIONS", "300"), ("ONSALE__QUEUE__STREAMS_MAX", "282")]));
}

/// On the management listener everybody is an operator; elsewhere a key tells.
#[test]
fn details_of_health_are_for_operators() {
    let port = testkit::Port::free().expect("a port");
    let listen = format!("127.0.0.1:{}", port.number());
    for management in [None, Some(listen.as_str())] {
        let set = management.map(|listen| ("ONSALE__HTTP__MANAGEMENT_LISTEN", listen));
        let world = World::with(set.as_slice());
        for path in ["/health", "/actuator/health"] {
            assert_eq!(world.anyone().get(path).ok(), serde_json::json!({"status": "UP"}), "{path}");
            assert_eq!(world.admin().get(path).ok()["parts"]["hot"]["ok"], true, "{path}");
            if let Some(listen) = management {
                let operators = Client::new(listen.parse().expect("an address"));
                assert_eq!(operators.get(path).ok()["parts"]["hot"]["ok"], true, "{path}");
            }
        }
    }
}
