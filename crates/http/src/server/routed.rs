//! One request that the router answers, through hyper. Afterwards the connection comes back to its own loop.
//!
//! hyper serves a connection until it closes, and ends it after one response if it may not keep it alive. This uses that:
//! hyper is told not to keep the connection, ends without a shutdown, and gives back the socket and the bytes that it has
//! not used. `Connection: close` is then taken out of the response ([`Prefixed`]). So all connections wait in one place.

use super::head::HEADERS_MAX;
use super::prefixed::{Fate, Prefixed};
use super::response::closes;
use super::wire::Wire;
use super::worker::{HotRoutes, ServerState};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version};
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::ServiceExt;

/// The smallest buffer that hyper accepts.
const HYPER_BUFFER_BYTES_MIN: usize = 8 * 1024;
/// Longest time to pass over a body that has arrived and that nobody wanted.
const LEFT_BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection with a request at the front of its input.
pub(super) struct Exchange {
    pub stream: Wire,
    pub input: Bytes,
    pub peer: SocketAddr,
    /// Whether the connection may go on after the response.
    pub may_stay: bool,
}

impl Exchange {
    /// Answers the request. Returns the connection and its unread bytes if it goes on.
    pub async fn answer<R: HotRoutes>(
        self,
        routes: &R,
        router: &Router,
        state: &ServerState,
    ) -> Option<(Wire, BytesMut)> {
        let Self { stream, mut input, peer, may_stay } = self;
        let (fate, first) = (Fate::default(), FirstHead::of(&input, state.settings.streams_under));
        let (here, may_stay) = (first.bytes_after, may_stay && first.has_one_length && !first.is_stream);
        if first.is_stream {
            // hyper does not notice that the peer leaves while it keeps bytes behind the request.
            input.truncate(input.len() - first.bytes_after);
        }
        let refusing = routes.clone();
        let refuse = Box::new(move |code| {
            let mut out = Vec::new();
            refusing.refuse(code, "", &mut out);
            out
        });
        let (timeout, is_secure) = (state.settings.request_timeout, stream.is_secure());
        let mut stream = Prefixed::new(input, stream, refuse, timeout, fate.clone());
        stream.passes_over_rest(first.is_stream);
        let (router, asked, drains) = (router.clone(), fate.clone(), state.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (router, fate, state) = (router.clone(), asked.clone(), drains.clone());
            Box::pin(async move {
                let asks_to_stay = may_stay && wants_to_stay(&request);
                let body = RequestBody::default();
                let mut request = request.map(|incoming| body.watch(incoming));
                request.extensions_mut().insert(ConnectInfo(peer));
                if is_secure {
                    note_tls(request.headers_mut());
                }
                let Ok(response) = router.oneshot(request).await;
                let is_read = body.is_read(here).await;
                let stays = asks_to_stay && is_read && !state.closes_after_answer() && !closes(response.headers());
                fate.decide(stays);
                Ok::<Response, Infallible>(response)
            })
        });
        let mut serving = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(timeout)
            .keep_alive(false)
            .max_headers(HEADERS_MAX)
            .max_buf_size(state.settings.head_bytes_max.max(HYPER_BUFFER_BYTES_MIN))
            .serve_connection(TokioIo::new(stream), service);
        let served = poll_fn(|context| serving.poll_without_shutdown(context)).await;
        if served.is_ok() && fate.stays() {
            let parts = serving.into_parts();
            return parts.io.into_inner().into_stream(parts.read_buf);
        }
        // What is written yet is sent, and the connection ends.
        let _ = tokio::time::timeout(timeout, serving).await;
        None
    }
}

/// Tells the handlers what a proxy would have told them: the client speaks TLS.
pub(super) fn note_tls(headers: &mut HeaderMap) {
    headers.insert(HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static("https"));
}

fn wants_to_stay(request: &Request<Incoming>) -> bool {
    request.version() == Version::HTTP_11 && request.method() != Method::CONNECT && !closes(request.headers())
}

/// What the input shows of its first head. The parser alone says where a head ends: empty lines may stand before it.
#[derive(Debug, Default, PartialEq, Eq)]
struct FirstHead {
    /// How many bytes of the input stand behind it; 0 while it is not whole.
    bytes_after: usize,
    /// Whether it names the body's length at most once. With two, a proxy may see the next request where hyper sees a
    /// body: whatever follows must never be read (RFC 9112, 6.1). hyper hides the second one from the service.
    has_one_length: bool,
    /// Whether it asks for an endless stream, after which the connection ends.
    is_stream: bool,
}

impl FirstHead {
    fn of(input: &[u8], streams_under: &str) -> Self {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = head.parse(input) else { return Self::default() };
        let names = ["content-length", "transfer-encoding"];
        let is_length = |name: &str| names.iter().any(|length| name.eq_ignore_ascii_case(length));
        let has_one_length = head.headers.iter().filter(|header| is_length(header.name)).count() <= 1;
        let under = |path: &str| !streams_under.is_empty() && path.starts_with(streams_under);
        let is_stream = head.method == Some("GET") && head.path.is_some_and(under);
        Self { bytes_after: input.len().saturating_sub(length), has_one_length, is_stream }
    }
}

/// How far a request's body has been read: the next request begins behind it.
#[derive(Clone, Default)]
struct RequestBody(Arc<Mutex<Progress>>);

#[derive(Default)]
enum Progress {
    /// A handler has it.
    #[default]
    Held,
    /// It was read to its end.
    Ended,
    /// The handler did not want it.
    Left(Incoming),
}

impl RequestBody {
    fn watch(&self, incoming: Incoming) -> Body {
        if incoming.is_end_stream() {
            self.set(Progress::Ended);
            return Body::empty();
        }
        Body::new(WatchedBody { incoming: Some(incoming), progress: self.clone() })
    }

    fn set(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// Whether the whole body was read. A body that nobody wanted is read now if it has arrived: it is among the `here`
    /// bytes that came with the head. Another one is not waited for, and the connection ends.
    async fn is_read(&self, here: usize) -> bool {
        let progress = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = match progress {
            Progress::Held => return false,
            Progress::Ended => return true,
            Progress::Left(incoming) => incoming,
        };
        if left.size_hint().upper().is_none_or(|bytes| bytes > here as u64) {
            return false;
        }
        // It is here; whoever is wrong about that must not hold the connection.
        let read = async {
            while let Some(frame) = left.frame().await {
                if frame.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(LEFT_BODY_TIMEOUT, read).await.unwrap_or(false)
    }
}

/// Tells what became of a body.
struct WatchedBody {
    incoming: Option<Incoming>,
    progress: RequestBody,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(incoming) = self.incoming.as_mut() else { return Poll::Ready(None) };
        let polled = Pin::new(&mut *incoming).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || incoming.is_end_stream() {
            self.incoming = None;
            self.progress.set(Progress::Ended);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        if let Some(incoming) = self.incoming.take() {
            self.progress.set(Progress::Left(incoming));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_where_the_parser_says() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n";
        for before in ["", "\r\n", "\r\n\r\n", "\r\n\r\n\r\n\r\n"] {
            for body in ["", "four", "\r\n\r\nGET"] {
                let first = FirstHead::of(format!("{before}{head}{body}").as_bytes(), "/");
                let expected = FirstHead { bytes_after: body.len(), has_one_length: true, is_stream: false };
                assert_eq!(first, expected, "{before:?} {body:?}");
            }
        }
        assert_eq!(FirstHead::of(b"POST / HTTP/1.1\r\nHost", "/"), FirstHead::default());
        let twice = head.replace("Host: a", "Content-Length: 40");
        let two = FirstHead { bytes_after: 0, has_one_length: false, is_stream: false };
        assert_eq!(FirstHead::of(twice.as_bytes(), ""), two);
        let stream = |under| FirstHead::of(b"GET /s/shop HTTP/1.0\r\n\r\nmore", under).is_stream;
        assert!(stream("/s/") && !stream("/t/") && !stream(""));
    }
}
