//! The HTTP client against a listener that sends one prepared reply and ends the connection.

use crate::http::{Client, Connection, Event, Events};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

/// Reads one request on each connection and sends `reply`.
fn listen(reply: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(reply.as_bytes());
        }
    });
    address
}

#[test]
fn bodies_end_by_length_by_chunks_and_by_the_connection() {
    for reply in [
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}rest",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n{\"a\":1}",
    ] {
        let reply = Client::new(listen(reply)).get("/");
        assert_eq!((reply.status, reply.field("a").as_u64()), (200, Some(1)), "{reply:?}");
    }
    let empty = Client::new(listen("HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n")).post("/");
    assert_eq!((empty.status, empty.header("x-a"), empty.json_or_null().is_null()), (204, Some("b"), true));
}

#[test]
fn a_reply_that_is_cut_off_is_an_error() {
    let limit = Duration::from_secs(20);
    for reply in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{", "SSH-2.0\r\n\r\n"] {
        let called = Client::new(listen(reply)).try_call("GET", "/", None, limit);
        called.expect_err(reply);
    }
    let mut connection = Connection::open(listen(""));
    connection.send("GET / HTTP/1.1\r\n\r\n");
    assert!(connection.is_closed());
}

#[test]
fn events_are_read_in_their_order() {
    let stream = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                  f\r\nretry: 2000\n\n:\n\r\n11\r\nid: 7\ndata: {}\n\n\r\n0\r\n\r\n";
    let mut events = Events::open(&Client::new(listen(stream)), "/");
    let message = Event::Message { id: "7".to_owned(), data: "{}".to_owned() };
    let received = [events.event(), events.event(), events.event()];
    assert_eq!(received, [Event::Retry(2_000), Event::Comment, message]);
    assert!(events.is_ended_in_order());
    let mut broken = Events::open(&Client::new(listen(&stream[..stream.len() - 5])), "/");
    assert!(!broken.is_ended_in_order());
}
