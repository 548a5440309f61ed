//! A whole request in its plain form, which the router answers without hyper.
//!
//! hyper is made for connections, not for one request: two buffers, a timer and several boxes each time cost more than
//! most routes. So a request that is here to its last byte and has nothing unusual goes to the router as it is, and the
//! response is written here. hyper serves all other requests: bodies on their way, chunks, `Expect`, upgrades, HTTP/1.0.

use super::head::HEADERS_MAX;
use super::response::{self, Framing};
use super::routed::note_tls;
use super::wire::Wire;
use super::worker::ServerState;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use std::io;
use std::net::SocketAddr;
use tokio::io::AsyncReadExt;
use tower::ServiceExt;

/// The largest body that is copied for the router, in bytes; hyper reads larger ones piece by piece.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// A response up to this size is written together with those before it.
const TOGETHER_BYTES_MAX: u64 = 16 * 1024;

/// A plain request at the front of the input.
pub(super) struct Plain {
    pub request: Request<Body>,
    /// Its bytes in the input, head and body.
    pub length: usize,
    /// Whether the client wants the connection to close.
    close: bool,
}

/// Returns the request at the front of the input if it is whole and plain.
pub(super) fn request(input: &[u8]) -> Option<Plain> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(head_length)) = parsed.parse(input) else { return None };
    if parsed.version != Some(1) {
        return None;
    }
    // One copy of the head, which all values share.
    let head = Bytes::copy_from_slice(&input[..head_length]);
    let share = |part: &[u8]| {
        let from = part.as_ptr() as usize - input.as_ptr() as usize;
        head.slice(from..from + part.len())
    };
    let target = parsed.path.filter(|path| path.starts_with('/'))?;
    let method = Method::from_bytes(parsed.method?.as_bytes()).ok().filter(|method| method != Method::CONNECT)?;
    let (mut body_length, mut close) = (None, false);
    let mut request = Request::new(Body::empty());
    request.headers_mut().reserve(parsed.headers.len());
    for header in parsed.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        match name.as_str() {
            "transfer-encoding" | "expect" | "upgrade" => return None,
            "connection" if header.value.eq_ignore_ascii_case(b"keep-alive") => {}
            "connection" if header.value.eq_ignore_ascii_case(b"close") => close = true,
            "connection" => return None,
            "content-length" if body_length.replace(length_of(header.value)?).is_some() => return None,
            _ => {}
        }
        request.headers_mut().append(name, HeaderValue::from_maybe_shared(share(header.value)).ok()?);
    }
    let length = head_length.checked_add(body_length.unwrap_or(0))?;
    let body = input.get(head_length..length)?;
    if !body.is_empty() {
        *request.body_mut() = Body::from(Bytes::copy_from_slice(body));
    }
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from_maybe_shared(share(target.as_bytes())).ok()?;
    Some(Plain { request, length, close })
}

/// The length of a body that may be copied. Of digits alone: whatever else a parser of numbers takes is for hyper.
fn length_of(value: &[u8]) -> Option<usize> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let length = std::str::from_utf8(value).ok().filter(|_| is_number)?.parse().ok()?;
    (length <= BODY_BYTES_MAX).then_some(length)
}

/// One connection while the router answers.
pub(super) struct Answering<'a> {
    pub stream: &'a mut Wire,
    pub peer: SocketAddr,
    /// The bytes that the peer sends meanwhile.
    pub input: &'a mut Vec<u8>,
    /// Responses that are not written yet; this one is appended.
    pub output: &'a mut Vec<u8>,
}

impl Answering<'_> {
    /// Answers the request. Returns whether the connection goes on.
    ///
    /// # Errors
    /// When the peer disconnects, or reads nothing for too long.
    pub async fn answer(mut self, plain: Plain, router: &Router, state: &ServerState) -> io::Result<bool> {
        let Plain { mut request, close, .. } = plain;
        request.extensions_mut().insert(ConnectInfo(self.peer));
        if self.stream.is_secure() {
            note_tls(request.headers_mut());
        }
        let is_head = request.method() == Method::HEAD;
        let response = {
            let answer = router.clone().oneshot(request);
            let most = state.settings.head_bytes_max;
            tokio::select! {
                biased;
                answer = answer => match answer {
                    Ok(response) => response,
                },
                gone = disconnect(self.stream, self.input, most) => return Err(gone),
            }
        };
        let close = close || state.closes_after_answer() || response::closes(response.headers());
        self.write(response, Framing { close, is_head }, state).await?;
        Ok(!close)
    }

    async fn write(&mut self, response: Response, framing: Framing, state: &ServerState) -> io::Result<()> {
        let (parts, mut body) = response.into_parts();
        let length = body.size_hint().exact();
        let is_chunked = response::write_head(&parts, length, framing, self.output);
        let is_together = length.is_some_and(|length| length <= TOGETHER_BYTES_MAX);
        if is_together {
            while let Some(bytes) = response::next(self.stream, &mut body, Some(self.input)).await? {
                self.output.extend_from_slice(&bytes);
            }
            return Ok(());
        }
        loop {
            response::write(self.stream, self.output, state).await?;
            self.output.clear();
            match response::next(self.stream, &mut body, Some(self.input)).await? {
                Some(bytes) => response::push_part(&bytes, is_chunked, self.output),
                None => break,
            }
        }
        if is_chunked {
            self.output.extend_from_slice(response::LAST_CHUNK);
        }
        Ok(())
    }
}

/// Waits until the peer disconnects. Keeps up to `most` bytes of what it sends meanwhile.
async fn disconnect(stream: &mut Wire, input: &mut Vec<u8>, most: usize) -> io::Error {
    while input.len() < most {
        match stream.read_buf(input).await {
            Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => {}
            Err(error) => return error,
        }
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "PUT /a/b?c=d HTTP/1.1\r\nHost: a\r\nCookie: c=d\r\nCookie: e\r\nContent-Length: 2\r\n\r\n{}GET";

    #[test]
    fn a_whole_plain_request_is_read() {
        let plain = request(HEAD.as_bytes()).expect("plain");
        assert_eq!((plain.length, plain.close), (HEAD.len() - 3, false));
        let (head, body) = plain.request.into_parts();
        assert_eq!((head.method, head.uri.path(), head.uri.query()), (Method::PUT, "/a/b", Some("c=d")));
        assert_eq!(head.headers.get_all("cookie").iter().collect::<Vec<_>>(), ["c=d", "e"]);
        assert_eq!(body.size_hint().exact(), Some(2));
        for end in 0..HEAD.len() - 3 {
            assert!(request(&HEAD.as_bytes()[..end]).is_none(), "cut at {end}");
        }
    }

    #[test]
    fn unusual_requests_go_to_hyper() {
        let large = format!("Content-Length: {}", BODY_BYTES_MAX + 1);
        for (usual, unusual) in [
            ("PUT", "CONNECT"),
            ("HTTP/1.1", "HTTP/1.0"),
            ("/a/b", "http://a/a/b"),
            ("/a/b?c=d", "*"),
            ("Cookie: e", "Transfer-Encoding: chunked"),
            ("Cookie: e", "Expect: 100-continue"),
            ("Cookie: e", "Upgrade: websocket"),
            ("Cookie: e", "Connection: upgrade"),
            ("Cookie: e", "Connection: close, te"),
            ("Cookie: e", "Content-Length: 2"),
            ("Content-Length: 2", "Content-Length: +2"),
            ("Content-Length: 2", "Content-Length: 2, 2"),
            ("Content-Length: 2", "Content-Length: "),
            ("Content-Length: 2", "Content-Length: 99999999999999999999999"),
            ("Content-Length: 2", large.as_str()),
        ] {
            assert!(request(HEAD.replace(usual, unusual).as_bytes()).is_none(), "{unusual}");
        }
    }
}
