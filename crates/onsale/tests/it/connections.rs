//! HTTP edge cases: slow, broken and hostile connections.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::Duration;
use testkit::http::{Connection, raw};
use testkit::onsale::{ISSUE, PATIENCE, World, wait_until};

const BODY: &str = r#"{"user_id":"ann","event_id":"sample_event"}"#;
const OTHER: &str = "/api/v1/admin/campaigns";

/// A valid request on the hot route.
fn request(user: &str) -> String {
    let body = BODY.replace("ann", user);
    let length = body.len();
    format!(
        "POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn too_many_headers_are_refused_on_every_route() {
    let world = World::new();
    let address = world.server.address;
    for (method, path) in [("POST", ISSUE), ("POST", OTHER), ("GET", "/health"), ("GET", "/nowhere")] {
        let start = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n");
        for headers in ["a: b\r\n".repeat(200), format!("a: {}\r\n", "b".repeat(20_000)), "a: b\r\n".repeat(100_000)] {
            raw(address, format!("{start}{headers}\r\n")).is_error(431, "HEADERS_TOO_LARGE");
        }
        raw(address, format!("{method} {path}?{} HTTP/1.1\r\nHost: a\r\n\r\n", "q".repeat(20_000)))
            .is_error(431, "HEADERS_TOO_LARGE");
    }
    assert_eq!(world.anyone().get("/health").status, 200);
}

/// The second request of a connection, which another layer serves, is refused in the same form.
#[test]
fn a_flood_of_headers_after_a_good_request_is_refused_too() {
    let world = World::new();
    for first in [request("ann"), "GET /health HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()] {
        let mut connection = Connection::open(world.server.address);
        connection.send(first);
        assert_eq!(connection.reply().status, 200);
        connection.send(format!("GET /health HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200)));
        connection.reply().is_error(431, "HEADERS_TOO_LARGE");
    }
}

#[test]
fn garbage_is_refused_and_the_connection_ends() {
    let world = World::new();
    for garbage in [
        &b"\x00\x01\x02\x03\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad name: a\r\n\r\n",
        b"POST /api/v1/coupons/issue HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/coupons/issue HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /api/v1/coupons/issue HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /api/v1/coupons/issue HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n{}",
    ] {
        let mut connection = Connection::open(world.server.address);
        connection.send(garbage);
        let answer = connection.reply();
        assert!(matches!(answer.status, 400 | 413), "{} to {}", answer.status, String::from_utf8_lossy(garbage));
        assert!(!answer.code().is_empty(), "in the contract's form: {}", String::from_utf8_lossy(garbage));
        assert!(connection.is_closed(), "{}", String::from_utf8_lossy(garbage));
    }
    assert_eq!(world.anyone().issue("ann", "sample_event").code(), "ISSUED");
}

/// Two lengths in one request are how requests are smuggled past a proxy: the second is never a request of its own.
#[test]
fn a_request_cannot_be_smuggled() {
    let world = World::new();
    let hidden = request("smuggled");
    for head in [
        format!("Content-Length: 0\r\nContent-Length: {}\r\n", hidden.len()),
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n".to_owned(),
    ] {
        let mut connection = Connection::open(world.server.address);
        connection.send(format!(
            "POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{head}\r\n0\r\n\r\n{hidden}"
        ));
        while let Ok(answer) = connection.try_reply() {
            assert_ne!(answer.status, 200, "{head}: {}", answer.text());
        }
    }
    assert_eq!(world.anyone().get("/api/v1/coupons/status/sample_event").field("total_participants"), 0);
}

#[test]
fn chunked_bodies_and_expectations_are_understood() {
    let world = World::new();
    let head = format!("POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n");
    let mut chunks = String::new();
    for part in BODY.as_bytes().chunks(7) {
        chunks += &format!("{:x}\r\n{}\r\n", part.len(), String::from_utf8_lossy(part));
    }
    let answer = raw(world.server.address, format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"));
    assert_eq!(answer.ok()["code"], "ISSUED");
    let mut connection = Connection::open(world.server.address);
    connection.send(format!("{head}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", BODY.len()));
    assert_eq!(connection.reply().status, 100);
    connection.send(BODY);
    assert_eq!(connection.reply().ok()["code"], "ALREADY_ISSUED");
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let world = World::new();
    let mut connection = Connection::open(world.server.address);
    let status = "GET /api/v1/coupons/status/sample_event HTTP/1.1\r\nHost: a\r\n\r\n";
    connection.send(request("ann") + &request("ann") + &request("bob") + status + &request("ann") + status);
    let heard: Vec<_> = (0..6).map(|_| connection.reply().ok()).collect();
    let codes: Vec<_> = heard.iter().map(|body| body["code"].as_str().unwrap_or("-")).collect();
    assert_eq!(codes, ["ISSUED", "ALREADY_ISSUED", "ISSUED", "-", "ALREADY_ISSUED", "-"]);
    assert_eq!(heard[5]["total_participants"], 2);
}

#[test]
fn a_request_may_come_a_byte_at_a_time() {
    let world = World::new();
    let mut connection = Connection::open(world.server.address);
    for byte in request("ann").as_bytes() {
        connection.send([*byte]);
    }
    assert_eq!(connection.reply().ok()["code"], "ISSUED");
}

#[test]
fn old_clients_are_answered_and_the_connection_ends() {
    let world = World::new();
    let old = request("ann").replace("HTTP/1.1", "HTTP/1.0");
    let mut connection = Connection::open(world.server.address);
    connection.send(old);
    assert_eq!(connection.reply().ok()["code"], "ISSUED");
    assert!(connection.is_closed());
    let mut connection = Connection::open(world.server.address);
    connection.send(request("ann").replace("Host: a", "Host: a\r\nConnection: close"));
    let answer = connection.reply();
    assert_eq!((answer.ok()["code"].as_str(), answer.header("connection")), (Some("ALREADY_ISSUED"), Some("close")));
    assert!(connection.is_closed());
}

#[test]
fn a_missing_body_is_not_waited_for() {
    let world = World::with(&[("ONSALE__HTTP__HEADER_TIMEOUT_MS", "500"), ("ONSALE__HTTP__REQUEST_TIMEOUT_MS", "500")]);
    let admin_key = format!("X-Api-Key: {}", world.admin_key);
    let half = |path: &str, more: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{more}\r\nContent-Length: 50\r\n\r\n{{"
        )
    };
    // Empty lines before a head are not its end.
    let behind_empty_lines = format!("\r\n\r\n{}", half(OTHER, &admin_key));
    let requests =
        [half(ISSUE, "A: b"), half(OTHER, &admin_key), half(ISSUE, "Connection: upgrade"), behind_empty_lines];
    for request in requests {
        let mut connection = Connection::open(world.server.address);
        connection.send(&request);
        connection.reply().is_error(408, "REQUEST_TIMEOUT");
        assert!(connection.is_closed(), "{request}");
    }
    // Who is nobody is told so at once, whatever comes before the head; the body is not waited for.
    let mut connection = Connection::open(world.server.address);
    connection.send(format!("\r\n\r\n{}", half(OTHER, "A: b")));
    connection.reply().is_error(401, "UNAUTHORIZED");
    assert!(connection.is_closed());
    // Half a head is no request: the server responds or just closes the connection.
    for head in ["POST /api", "GET /health HTTP/1.1\r\nHost: a\r\nA: "] {
        let mut connection = Connection::open(world.server.address);
        connection.send(head);
        if let Ok(answer) = connection.try_reply() {
            answer.is_error(408, "REQUEST_TIMEOUT");
        }
        assert!(connection.is_closed());
    }
    serves(&world, "ann");
}

/// Whether other users are served as before; half a second may be too short for a busy disk.
fn serves(world: &World, user: &str) {
    let said = || world.anyone().issue(user, "sample_event").code();
    wait_until("people are served", || ["ISSUED", "ALREADY_ISSUED"].contains(&said().as_str()));
}

/// Sends an endless head line by line. Returns whether the server disconnects.
fn is_cut_off(connection: &mut Connection) -> bool {
    connection.send("GET /health HTTP/1.1\r\n");
    // Longer than any configured time limit; the disconnect appears as a failed write.
    (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        connection.try_send(b"a: b\r\n").is_err()
    })
}

/// A slow client is disconnected although it never pauses.
#[test]
fn a_drip_of_headers_does_not_hold_a_connection() {
    let world = World::with(&[("ONSALE__HTTP__HEADER_TIMEOUT_MS", "500")]);
    assert!(is_cut_off(&mut Connection::open(world.server.address)));
}

/// The same after a good request on a route beside the hot one.
#[test]
fn a_drip_of_headers_after_a_good_request_does_not_hold_a_connection() {
    let world = World::with(&[("ONSALE__HTTP__HEADER_TIMEOUT_MS", "500")]);
    let mut connection = Connection::open(world.server.address);
    connection.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(connection.reply().status, 200);
    assert!(is_cut_off(&mut connection));
}

/// A client that sends requests and reads no response is disconnected, on the hot route and on others: when all buffers are
/// full, the time limit of the server applies.
#[test]
fn a_client_that_reads_no_reply_is_disconnected() {
    let world = World::with(&[("ONSALE__HTTP__HEADER_TIMEOUT_MS", "500")]);
    for asked in [request("ann"), "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()] {
        let mut stream = TcpStream::connect(world.server.address).expect("connects");
        stream.set_write_timeout(Some(PATIENCE)).expect("sets");
        let end = loop {
            if let Err(end) = stream.write_all(asked.as_bytes()) {
                break end.kind();
            }
        };
        assert!(matches!(end, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{end:?} after {asked}");
    }
    serves(&world, "ben");
}

#[test]
fn a_client_that_disconnects_affects_no_one_else() {
    let world = World::new();
    for cut in [5, 60, request("ann").len() - 1, request("ann").len()] {
        for _ in 0..20 {
            let mut connection = Connection::open(world.server.address);
            connection.send(&request("gone").as_bytes()[..cut]);
        }
    }
    assert_eq!(world.anyone().issue("ann", "sample_event").code(), "ISSUED");
}
