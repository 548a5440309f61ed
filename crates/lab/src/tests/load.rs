//! The load engine alone, against a bare listener with unusual responses.

use super::stand_in::{Fault, StandIn};
use crate::load::{Limits, Plan, Until, drive};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than a busy machine delays a thread.
const AWHILE: Until = Until::Elapsed(Duration::from_secs(2));

fn plan(address: SocketAddr, until: Until) -> Plan {
    Plan { address, connections: 8, threads: 2, until, limits: Limits::default() }
}

/// Serves each connection on its own thread. `answer` gets the request and writes any response; `false` closes.
fn listen(answer: impl Fn(&str, &mut TcpStream) -> bool + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, mut stream) = (answer.clone(), stream.expect("a connection"));
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
                    if !answer(&request, &mut stream) {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn ask(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("GET /{number} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
}

#[test]
fn every_number_is_requested_once_and_counted() {
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let ours = seen.clone();
    let address = listen(move |request, stream| {
        let path = request.split(' ').nth(1).expect("a path").to_owned();
        assert!(ours.lock().expect("a lock").insert(path), "asked twice");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_ok()
    });
    let outcome = drive(&plan(address, Until::Requests(1_000)), ask).expect("driven");
    assert_eq!((outcome.answers, outcome.lost, outcome.by_status[&200]), (1_000, 0, 1_000));
    assert_eq!((seen.lock().expect("a lock").len(), outcome.latency_us.len()), (1_000, 1_000));
}

#[test]
fn responses_in_pieces_are_joined() {
    let address = listen(|_, stream| {
        stream.set_nodelay(true).expect("no delay");
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n0123456789";
        answer.chunks(9).all(|piece| {
            std::thread::sleep(Duration::from_micros(200));
            stream.write_all(piece).is_ok()
        })
    });
    let outcome = drive(&plan(address, Until::Requests(100)), ask).expect("driven");
    assert_eq!((outcome.answers, outcome.lost, outcome.by_status[&201]), (100, 0, 100));
}

#[test]
fn closed_connections_are_replaced_by_new_ones() {
    let address = listen(|_, stream| {
        let closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(closing).expect("written");
        false
    });
    let outcome = drive(&plan(address, Until::Requests(200)), ask).expect("driven");
    assert_eq!((outcome.answers, outcome.lost), (200, 0));
}

#[test]
fn large_responses_and_requests_pass() {
    const BODY: usize = 300_000;
    let address = {
        let router = axum::Router::new().route(
            "/",
            axum::routing::post(|body: axum::body::Bytes| async move { body.repeat(2) })
                .layer(axum::extract::DefaultBodyLimit::disable()),
        );
        let runtime = Box::leak(Box::new(tokio::runtime::Runtime::new().expect("a runtime")));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("bound");
        runtime.spawn(async move { axum::serve(listener, router).await });
        address
    };
    let large = |_, out: &mut Vec<u8>| {
        out.extend_from_slice(
            format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", BODY * 20).as_bytes(),
        );
        out.resize(out.len() + BODY * 20, b'x');
    };
    let limits = Limits { body_bytes_max: BODY * 40, ..Limits::default() };
    let outcome = drive(&Plan { limits, ..plan(address, Until::Requests(16)) }, large).expect("driven");
    assert_eq!((outcome.answers, outcome.lost), (16, 0));
}

#[test]
fn silence_and_malformed_responses_are_losses() {
    let silent = listen(|_, _| true);
    let limits = Limits { answer_timeout: Duration::from_millis(100), ..Limits::default() };
    let quick = Plan { limits, ..plan(silent, AWHILE) };
    let outcome = drive(&quick, ask).expect("driven");
    assert!(outcome.answers == 0 && outcome.lost >= 8, "{outcome:?}");
    let babbling = listen(|_, stream| stream.write_all(b"hello\r\n\r\n").is_ok());
    let outcome = drive(&plan(babbling, AWHILE), ask).expect("driven");
    assert!(outcome.answers == 0 && outcome.lost > 0);
    let talkative = listen(|_, stream| stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz").is_ok());
    let outcome = drive(&plan(talkative, AWHILE), ask).expect("driven");
    assert!(outcome.answers == 0 && outcome.lost > 0, "bytes beyond the answer belong to nobody");
}

#[test]
fn a_load_without_a_server_ends_by_itself() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let outcome = drive(&plan(address, AWHILE), ask).expect("driven");
    assert!(outcome.answers == 0 && outcome.lost > 0);
}

#[test]
fn time_limits_end_a_load() {
    let server = StandIn::new(Fault::None).serve(SocketAddr::from(([127, 0, 0, 1], 0)));
    let began = Instant::now();
    let ready = |_, out: &mut Vec<u8>| out.extend_from_slice(b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n");
    let outcome = drive(&plan(server.address, AWHILE), ready).expect("driven");
    assert!(began.elapsed() >= Duration::from_secs(2) && outcome.answers > 0 && outcome.lost == 0);
    assert!(outcome.elapsed <= began.elapsed() && outcome.answers_per_second() > 0.0);
    server.kill();
}
