//! Endless streams, written without hyper. The router answers, and a connection keeps only its socket and its position
//! in the stream. hyper would hold two buffers of 8 KiB for each visitor for the whole wait.

use super::head::HEADERS_MAX;
use super::reply::push_date;
use super::worker::ServerState;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt;
use metrics::counter;
use std::io::{self, Write};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

/// Returns the request at the front of the input if it is a plain one for a stream: `GET`, complete, without a body.
/// hyper serves all others, and can serve the same path.
pub(super) fn request(input: &[u8], under: &str) -> Option<Request<Body>> {
    if under.is_empty() {
        return None;
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = head.parse(input) else { return None };
    let path = head.path.filter(|path| path.starts_with(under))?;
    let is_plain = head.method == Some("GET") && head.version == Some(1) && length == input.len();
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = path.parse::<Uri>().ok()?;
    let mut hosts = 0;
    for header in head.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        match name.as_str() {
            "content-length" | "transfer-encoding" | "expect" | "upgrade" => return None,
            "host" => hosts += 1,
            _ => {}
        }
        request.headers_mut().append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    (is_plain && hosts == 1).then_some(request)
}

/// Serves the stream until it ends, the peer disconnects, or the peer reads nothing for too long. Then closes the
/// connection.
pub(super) async fn serve(
    mut stream: TcpStream,
    peer: SocketAddr,
    mut request: Request<Body>,
    router: Router,
    state: ServerState,
) {
    request.extensions_mut().insert(ConnectInfo(peer));
    let Ok(response) = router.oneshot(request).await;
    // A peer that disconnects needs no log line.
    if write_all(&mut stream, response, &state).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

async fn write_all(stream: &mut TcpStream, response: Response, state: &ServerState) -> io::Result<()> {
    let is_chunked = response.body().size_hint().exact().is_none();
    let mut body = write_head(stream, response, state).await?;
    while let Some(bytes) = next(stream, &mut body).await? {
        if bytes.is_empty() {
            continue;
        }
        let mut out = Vec::with_capacity(bytes.len() + 16);
        if is_chunked {
            write!(out, "{:x}\r\n", bytes.len())?;
        }
        out.extend_from_slice(&bytes);
        if is_chunked {
            out.extend_from_slice(b"\r\n");
        }
        write(stream, &out, state).await?;
    }
    if is_chunked { write(stream, b"0\r\n\r\n", state).await } else { Ok(()) }
}

async fn write_head(stream: &mut TcpStream, response: Response, state: &ServerState) -> io::Result<Body> {
    let (parts, body) = response.into_parts();
    let reason = parts.status.canonical_reason().unwrap_or("");
    let mut out = Vec::with_capacity(512);
    write!(out, "HTTP/1.1 {} {reason}\r\n", parts.status.as_str())?;
    for (name, value) in &parts.headers {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    match body.size_hint().exact() {
        None => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        Some(length) if !parts.headers.contains_key("content-length") => write!(out, "content-length: {length}\r\n")?,
        Some(_) => {}
    }
    out.extend_from_slice(b"connection: close\r\ndate: ");
    push_date(&mut out);
    out.extend_from_slice(b"\r\n\r\n");
    write(stream, &out, state).await?;
    Ok(body)
}

/// The next bytes; none at the end. Also reads from the peer, to notice when it disconnects; the bytes are ignored.
async fn next(stream: &mut TcpStream, body: &mut Body) -> io::Result<Option<Bytes>> {
    loop {
        let mut ignored = [0; 64];
        tokio::select! {
            biased;
            frame = body.frame() => match frame {
                None => return Ok(None),
                Some(Ok(frame)) => return Ok(Some(frame.into_data().unwrap_or_default())),
                Some(Err(error)) => return Err(io::Error::other(error)),
            },
            count = stream.read(&mut ignored) => {
                if count? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }
}

/// Writes all bytes. A peer that reads nothing for the request timeout is disconnected: it would hold its connection
/// forever.
async fn write(stream: &mut TcpStream, bytes: &[u8], state: &ServerState) -> io::Result<()> {
    let mut done = match stream.try_write(bytes) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
        written => written.unwrap_or(0),
    };
    while done < bytes.len() {
        match tokio::time::timeout(state.settings.request_timeout, stream.write(&bytes[done..])).await {
            Ok(written) => done += written?,
            Err(_) => {
                counter!("onsale_http_stalled_connections_total").increment(1);
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::limits::{LimitSettings, Limits};
    use crate::server::{HotHead, HotRoutes, Server, ServerSettings};
    use axum::routing::get;
    use domain::ErrorCode;
    use std::convert::Infallible;
    use std::io::Read;
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
        };
        Server::open(settings, move || (NoHotRoutes, Router::new().route("/s/shop", get(endless)))).expect("opened")
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
            ("Cookie: e", "Content-Length: 0"),
            ("Cookie: e", "Transfer-Encoding: chunked"),
            ("Cookie: e", "Expect: 100-continue"),
            ("Cookie: e", "Upgrade: websocket"),
            ("Cookie: e\r\n\r\n", "Cookie: e\r\n"),
            ("Cookie: e\r\n\r\n", "Cookie: e\r\n\r\nGET / HTTP/1.1\r\n"),
        ] {
            assert!(parsed(&HEAD.replace(plain, unusual)).is_none(), "{unusual}");
        }
    }
}
