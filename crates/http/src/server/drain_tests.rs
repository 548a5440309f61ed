//! A door that closes while requests are being read.

use super::{HotHead, HotRoutes, Server, ServerSettings};
use axum::Router;
use axum::routing::get;
use domain::ErrorCode;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
/// More than luck would answer.
const PEOPLE: usize = 20;
const REQUEST: &[u8] = b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n";

/// No request is hot; while the lock is held, the worker does not get beyond the first.
#[derive(Clone)]
struct Held(Arc<Mutex<()>>);

impl HotRoutes for Held {
    type Undecided = ();

    fn knows(&self, _: &str, _: &str) -> bool {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner));
        false
    }

    fn answer_now(&self, _: IpAddr, _: &HotHead<'_>, _: &[u8], _: &mut Vec<u8>) -> Option<()> {
        None
    }

    async fn answer(&self, (): (), _: &mut Vec<u8>) {}

    fn refuse(&self, _: ErrorCode, _: &'static str, _: &mut Vec<u8>) {}
}

fn door(held: Held) -> Server {
    let settings = ServerSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: 1,
        connections_max: 2 * PEOPLE,
        head_bytes_max: 16_384,
        body_bytes_max: 1_024,
        request_timeout: PATIENCE,
        idle_timeout: PATIENCE,
        drain_timeout: PATIENCE,
        streams_under: "",
    };
    Server::open(settings, move || (held.clone(), Router::new().route("/plain", get(async || "here")))).expect("opened")
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn requests_that_came_before_the_door_closed_are_answered() {
    let lock = Arc::new(Mutex::new(()));
    let holding = lock.lock().expect("not poisoned");
    let door = door(Held(lock.clone()));
    let ask = |_| {
        let mut stream = TcpStream::connect(door.address()).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("sets");
        stream.write_all(REQUEST).expect("sent");
        stream
    };
    let people: Vec<TcpStream> = (0..PEOPLE).map(ask).collect();
    until("all are in", || door.connections() == PEOPLE);
    let address = door.address();
    let closing = std::thread::spawn(move || door.close());
    // The acceptor goes when it is told that the door closes, and so it was told to everybody.
    until("nobody else comes in", || TcpStream::connect(address).is_err());
    drop(holding);
    for mut person in people {
        let mut answer = String::new();
        person.read_to_string(&mut answer).expect("reads");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer:?}");
    }
    assert!(closing.join().expect("closes"), "all were answered in time");
}
