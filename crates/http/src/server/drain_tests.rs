//! A server that closes while requests are being read.

use super::{HotHead, HotRoutes, Server, ServerSettings};
use crate::limits::{LimitSettings, Limits};
use axum::Router;
use axum::routing::get;
use domain::ErrorCode;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
/// More than could be answered by chance.
const CLIENTS: usize = 20;
const REQUEST: &[u8] = b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n";

/// No request is hot. While the lock is held, the worker does not get beyond the first.
#[derive(Clone)]
struct BlockingRoutes(Arc<Mutex<()>>);

impl HotRoutes for BlockingRoutes {
    type Undecided = ();

    fn knows(&self, _: &str, _: &str) -> bool {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner));
        false
    }

    fn knows_caller(&self, _: &HotHead<'_>) -> bool {
        true
    }

    fn answer_now(&self, _: IpAddr, _: &HotHead<'_>, _: &[u8], _: &mut Vec<u8>) -> Option<()> {
        None
    }

    async fn answer(&self, (): (), _: &mut Vec<u8>) {}

    fn refuse(&self, _: ErrorCode, _: &'static str, _: &mut Vec<u8>) {}
}

fn open_server(routes: BlockingRoutes) -> Server {
    let settings = ServerSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: 1,
        connections_max: 2 * CLIENTS,
        connections_reserved: 0,
        reserve_paths: &[],
        connections_per_network_max: 0,
        limits: Arc::new(Limits::new(LimitSettings::default())),
        head_bytes_max: 16_384,
        body_bytes_max: 1_024,
        request_timeout: PATIENCE,
        idle_timeout: PATIENCE,
        drain_timeout: PATIENCE,
        streams_under: "",
        leaves_origins: false,
        tls: None,
    };
    Server::open(settings, move || (routes.clone(), Router::new().route("/plain", get(async || "here"))))
        .expect("opened")
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn requests_that_arrived_before_the_server_closed_are_answered() {
    let lock = Arc::new(Mutex::new(()));
    let holding = lock.lock().expect("not poisoned");
    let server = open_server(BlockingRoutes(lock.clone()));
    let connect = |_| {
        let mut stream = TcpStream::connect(server.address()).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("sets");
        stream.write_all(REQUEST).expect("sent");
        stream
    };
    let clients: Vec<TcpStream> = (0..CLIENTS).map(connect).collect();
    wait_until("all are connected", || server.connections() == CLIENTS);
    let address = server.address();
    let closing = std::thread::spawn(move || server.close());
    // The acceptor ends when the server closes. Once it has ended, all connections have the signal.
    wait_until("new connections are refused", || TcpStream::connect(address).is_err());
    drop(holding);
    for mut client in clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("reads");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer:?}");
    }
    assert!(closing.join().expect("closes"), "all were answered in time");
}

#[test]
fn a_server_that_leaves_answers_and_lets_go_of_each_connection_with_its_answer() {
    let server = open_server(BlockingRoutes(Arc::default()));
    let connect = || {
        let stream = TcpStream::connect(server.address()).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("sets");
        stream
    };
    let mut kept = connect();
    kept.write_all(REQUEST).expect("sent");
    let mut head = [0; 15];
    kept.read_exact(&mut head).expect("reads");
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    server.leave();
    // One that was idle and one that comes only now.
    for mut client in [kept, connect()] {
        client.write_all(REQUEST).expect("sent");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("reads to the end");
        assert!(answer.contains("HTTP/1.1 200") && answer.to_lowercase().contains("connection: close"), "{answer:?}");
        assert!(answer.ends_with("here"), "{answer:?}");
    }
    assert!(server.close());
}
