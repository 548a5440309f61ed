//! Endless streams, written without hyper. The router answers, and a connection keeps only its socket and its position
//! in the stream. hyper would hold two buffers of 8 KiB for each visitor for the whole wait.

use super::plain;
use super::response::{self, Framing};
use super::routed::note_tls;
use super::wire::Wire;
use super::worker::ServerState;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::header::HOST;
use http::{Method, Request};
use std::io;
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt;
use tower::ServiceExt;

/// Returns the request at the front of the input if it is a plain one for a stream: `GET`, complete, without a body.
/// hyper serves all others, and can serve the same path.
///
/// What stands behind the request is passed over, since the connection ends with the stream. hyper would keep it, and while
/// it keeps bytes it does not notice that the peer has left: the visitor's share would stay taken until the next write.
pub(super) fn request(input: &[u8], under: &str) -> Option<Request<Body>> {
    let begins = |bytes: &[u8]| bytes.strip_prefix(b"GET ").is_some_and(|rest| rest.starts_with(under.as_bytes()));
    if under.is_empty() || !begins(input.trim_ascii_start()) {
        return None;
    }
    let plain = plain::request(input)?;
    let headers = plain.request.headers();
    let is_stream = plain.request.method() == Method::GET
        && headers.get_all(HOST).iter().count() == 1
        && plain.request.body().is_end_stream();
    is_stream.then_some(plain.request)
}

/// Serves the stream until it ends, the peer disconnects, or the peer reads nothing for too long. Then closes the
/// connection.
pub(super) async fn serve(
    mut stream: Wire,
    peer: SocketAddr,
    mut request: Request<Body>,
    router: Router,
    state: ServerState,
) {
    request.extensions_mut().insert(ConnectInfo(peer));
    if stream.is_secure() {
        note_tls(request.headers_mut());
    }
    let Ok(response) = router.oneshot(request).await;
    // A peer that disconnects needs no log line.
    if write_all(&mut stream, response, &state).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

async fn write_all(stream: &mut Wire, response: Response, state: &ServerState) -> io::Result<()> {
    let (parts, mut body) = response.into_parts();
    let framing = Framing { close: true, is_head: false };
    let mut out = Vec::with_capacity(512);
    let is_chunked = response::write_head(&parts, body.size_hint().exact(), framing, &mut out);
    response::write(stream, &out, state).await?;
    drop((parts, out));
    while let Some(bytes) = response::next(stream, &mut body, None).await? {
        let mut out = Vec::with_capacity(bytes.len() + 16);
        response::push_part(&bytes, is_chunked, &mut out);
        response::write(stream, &out, state).await?;
    }
    if is_chunked { response::write(stream, response::LAST_CHUNK, state).await } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::limits::{LimitSettings, Limits};
    use crate::server::{HotHead, HotRoutes, Server, ServerSettings};
    use axum::routing::get;
    use bytes::Bytes;
    use domain::ErrorCode;
    use std::convert::Infallible;
    use std::io::{Read, Write};
    use std::net::IpAddr;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    const PATIENCE: Duration = Duration::from_secs(60);

    /// No request is hot.
    #[derive(Clone)]
    struct NoHotRoutes;

    impl HotRoutes for NoHotRoutes {
        type Undecided = ();

        fn knows(&self, _: &str, _: &str) -> bool {
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

    /// A server with a stream that never ends and always has more data.
    fn open(write_timeout: Duration) -> Server {
        let endless = async || {
            let chunk = || Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 65_536]));
            Body::from_stream(futures::stream::repeat_with(chunk))
        };
        let settings = ServerSettings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            workers: 1,
            connections_max: 10,
            connections_reserved: 0,
            reserve_paths: &[],
            connections_per_network_max: 0,
            limits: Arc::new(Limits::new(LimitSettings::default())),
            head_bytes_max: 16_384,
            body_bytes_max: 1_024,
            request_timeout: write_timeout,
            idle_timeout: PATIENCE,
            drain_timeout: Duration::ZERO,
            streams_under: "/s/",
            leaves_origins: false,
            tls: None,
        };
        let silent = async || Body::from_stream(futures::stream::pending::<Result<Bytes, Infallible>>());
        let router = Router::new().route("/s/shop", get(endless)).route("/s/silent", get(silent));
        Server::open(settings, move || (NoHotRoutes, router.clone())).expect("opened")
    }

    /// Nothing is ever written on these streams, so that only the peer's own end tells of it. (Over HTTP/1.0, which hyper
    /// serves, the next comment of the stream does.)
    #[test]
    fn a_peer_that_leaves_a_silent_stream_is_noticed_whatever_it_has_sent() {
        let server = open(PATIENCE);
        for head in [
            "GET /s/silent HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /s/silent HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        ] {
            for (behind, later) in [("", ""), ("GET / HTTP/1.1\r\n", ""), ("", "x"), ("x", "y")] {
                let mut client = std::net::TcpStream::connect(server.address()).expect("connects");
                client.set_read_timeout(Some(PATIENCE)).expect("sets");
                client.write_all(format!("{head}{behind}").as_bytes()).expect("sent");
                assert_eq!(client.peek(&mut [0; 1]).expect("an answer"), 1);
                client.write_all(later.as_bytes()).expect("sent");
                let begun = Instant::now();
                assert_eq!(server.connections(), 1, "{head:?} {behind:?} {later:?}");
                client.shutdown(std::net::Shutdown::Both).expect("left");
                while server.connections() > 0 {
                    assert!(begun.elapsed() < PATIENCE, "not noticed: {head:?} {behind:?} {later:?}");
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
        server.close();
    }

    /// Requests the stream and returns once the response has begun, without reading it.
    fn reader(server: &Server) -> std::net::TcpStream {
        let mut stream = std::net::TcpStream::connect(server.address()).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("sets");
        stream.write_all(HEAD.as_bytes()).expect("sent");
        assert_eq!(stream.peek(&mut [0; 1]).expect("an answer"), 1);
        stream
    }

    #[test]
    fn a_stalled_reader_is_disconnected() {
        let server = open(Duration::from_millis(100));
        let stalled = reader(&server);
        let begun = Instant::now();
        while server.connections() > 0 {
            assert!(begun.elapsed() < PATIENCE, "the connection is still open");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(stalled);
        server.close();
    }

    #[test]
    fn a_reading_client_stays_connected_and_its_disconnect_is_noticed() {
        let server = open(PATIENCE);
        let mut client = reader(&server);
        let (mut received, mut bytes) = (0, vec![0; 65_536]);
        while received < 20_000_000 {
            let count = client.read(&mut bytes).expect("goes on");
            assert!(count > 0, "ended after {received}");
            received += count;
        }
        drop(client);
        let begun = Instant::now();
        while server.connections() > 0 {
            assert!(begun.elapsed() < PATIENCE, "the disconnect was not noticed");
            std::thread::sleep(Duration::from_millis(20));
        }
        server.close();
    }

    const HEAD: &str = "GET /s/shop?a=b HTTP/1.1\r\nHost: a\r\nCookie: c=d\r\nCookie: e\r\n\r\n";

    fn parsed(text: &str) -> Option<Request<Body>> {
        request(text.as_bytes(), "/s/")
    }

    #[test]
    fn a_plain_request_is_parsed() {
        let request = parsed(HEAD).expect("plain");
        assert_eq!((request.uri().path(), request.uri().query()), ("/s/shop", Some("a=b")));
        assert_eq!(request.headers().get_all("cookie").iter().count(), 2);
        assert!(parsed(&format!("{HEAD}GET / HTTP/1.1\r\n")).is_some(), "what follows is passed over");
        assert!(super::request(HEAD.as_bytes(), "").is_none() && super::request(HEAD.as_bytes(), "/t/").is_none());
    }

    #[test]
    fn unusual_requests_go_to_hyper() {
        for (plain, unusual) in [
            ("GET", "POST"),
            ("GET", "HEAD"),
            ("HTTP/1.1", "HTTP/1.0"),
            ("/s/shop", "/t/shop"),
            ("/s/shop", "http://a/s/shop"),
            ("Host: a", "Host: a\r\nHost: b"),
            ("Host: a\r\n", ""),
            ("Cookie: e\r\n\r\n", "Content-Length: 2\r\n\r\n{}"),
            ("Cookie: e", "Transfer-Encoding: chunked"),
            ("Cookie: e", "Expect: 100-continue"),
            ("Cookie: e", "Upgrade: websocket"),
            ("Cookie: e\r\n\r\n", "Cookie: e\r\n"),
        ] {
            assert!(parsed(&HEAD.replace(plain, unusual)).is_none(), "{unusual}");
        }
    }
}
