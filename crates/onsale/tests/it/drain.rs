//! SIGTERM: the server accepts no new requests, answers those in flight, and ends.

use std::net::TcpStream;
use std::time::Instant;
use testkit::http::Connection;
use testkit::onsale::{ISSUE, World};

const BODY: &str = r#"{"user_id":"ann","event_id":"sample_event"}"#;

fn halves(path: &str, more: &str) -> (String, String) {
    let length = BODY.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{more}Content-Length: {length}\r\n\r\n"
    );
    (head + &BODY[..10], BODY[10..].to_owned())
}

/// A request whose second half comes after the signal is answered, on the hot route and on others.
#[test]
fn a_request_in_progress_is_answered_at_shutdown() {
    for more in ["", "Connection: upgrade\r\n"] {
        let mut world = World::new();
        let (first, second) = halves(ISSUE, more);
        let mut connection = Connection::open(world.server.address);
        connection.send(first);
        // The server has read it before the signal: a response on a later connection of the same worker proves it, and
        // connections go round all workers, one for each core.
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            assert_eq!(world.anyone().get("/health/ready").status, 200);
        }
        world.server.signal_terminate();
        let deadline = Instant::now() + testkit::onsale::PATIENCE;
        while TcpStream::connect(world.server.address).is_ok() {
            assert!(Instant::now() < deadline, "new connections are still taken");
        }
        connection.send(second);
        let answer = connection.reply();
        assert_eq!(answer.ok()["code"], "ISSUED");
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(connection.is_closed());
        assert_eq!(world.server.wait(), Some(0));
    }
}

#[test]
fn idle_connections_do_not_delay_the_shutdown() {
    let mut world = World::with(&[("ONSALE__HTTP__DRAIN_SECONDS", "50")]);
    let mut idle: Vec<Connection> = (0..20).map(|_| Connection::open(world.server.address)).collect();
    idle[0].send(format!(
        "POST {ISSUE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 43\r\n\r\n{BODY}"
    ));
    assert_eq!(idle[0].reply().status, 200);
    idle[1].send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(idle[1].reply().status, 200);
    let begun = Instant::now();
    assert_eq!(world.server.terminate(), Some(0));
    assert!(begun.elapsed().as_secs() < 40, "well before the time for requests under way is over");
    assert!(idle[0].is_closed() && idle[1].is_closed());
}

/// An incomplete request gets the drain time and no more.
#[test]
fn a_request_that_never_ends_is_cut_off_at_shutdown() {
    let mut world = World::with(&[("ONSALE__HTTP__DRAIN_SECONDS", "1")]);
    let mut connection = Connection::open(world.server.address);
    connection.send(halves(ISSUE, "").0);
    assert_eq!(world.anyone().get("/health/ready").status, 200);
    assert_eq!(world.server.terminate(), Some(0));
}

/// After a graceful stop no message is in flight: the records balance.
#[test]
fn decisions_are_handed_over_before_the_shutdown() {
    let mut world = World::new();
    for number in 0..200 {
        assert_eq!(world.anyone().issue(&format!("user-{number}"), "sample_event").code(), "ISSUED");
    }
    assert_eq!(world.server.terminate(), Some(0));
    let output = world.run(&["reconcile", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(0), "{report}");
    let campaign = &report["campaigns"][0];
    assert_eq!((campaign["ledger_count"].as_u64(), campaign["in_flight"].as_u64()), (Some(200), Some(0)), "{campaign}");
}
