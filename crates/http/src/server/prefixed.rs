//! A connection handed to hyper for one request. Its first bytes are already read, hyper's own errors get the contract's
//! body, and a response after which the connection goes on loses hyper's `Connection: close`.

use super::wire::Wire;
use bytes::{Buf, Bytes, BytesMut};
use domain::ErrorCode;
use metrics::counter;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Writes a whole error response, head and body.
type Refuse = Box<dyn Fn(ErrorCode) -> Vec<u8> + Send>;

/// Whether the connection goes on after the response. Decided once, before the response is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate(Arc<AtomicBool>);

impl Fate {
    pub fn decide(&self, stays: bool) {
        self.0.store(stays, Ordering::Relaxed);
    }

    pub fn stays(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Returns the bytes that are already read, then reads from the stream.
pub(super) struct Prefixed {
    prefix: Bytes,
    stream: Wire,
    refuse: Refuse,
    /// The bytes that replace some of hyper's, as far as they are not sent yet.
    replacement: Bytes,
    fate: Fate,
    /// Whether the response's head has been replaced.
    has_head: bool,
    write_timeout: Duration,
    /// Whether what the peer sends behind the request is passed over.
    passes_over: bool,
    /// Runs while the peer does not read.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Prefixed {
    pub fn new(prefix: Bytes, stream: Wire, refuse: Refuse, write_timeout: Duration, fate: Fate) -> Self {
        let replacement = Bytes::new();
        let (has_head, passes_over, stalled) = (false, false, None);
        Self { prefix, stream, refuse, replacement, fate, has_head, write_timeout, passes_over, stalled }
    }

    /// Passes over whatever follows the bytes that are here, but for the end of the connection.
    pub fn passes_over_rest(&mut self, passes_over: bool) {
        self.passes_over = passes_over;
    }

    /// Reads until the peer has closed, and forgets what it reads.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut bytes = [0; 256];
            let mut scratch = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut scratch))?;
            if scratch.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// The connection, and the bytes that hyper has not used: `unused` and what it has not read. None when the response
    /// is not written whole.
    pub fn into_stream(self, unused: Bytes) -> Option<(Wire, BytesMut)> {
        let mut rest = BytesMut::from(&unused[..]);
        rest.extend_from_slice(&self.prefix);
        (self.replacement.is_empty() && self.stalled.is_none()).then_some((self.stream, rest))
    }

    /// Disconnects a peer that reads nothing for the write timeout: it would hold its connection forever.
    fn in_time<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(stalled.as_mut().poll(context));
        counter!("onsale_http_stalled_connections_total").increment(1);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_replacement(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.replacement.is_empty() {
            let written = Pin::new(&mut self.stream).poll_write(context, &self.replacement);
            let count = ready!(self.in_time(context, written))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.replacement.advance(count);
        }
        Poll::Ready(Ok(()))
    }
}

/// The code of a response that hyper made itself: it answers an invalid request with a bare head. Responses of the
/// router always carry a trace id.
fn bare_refusal(bytes: &[u8]) -> Option<ErrorCode> {
    let status = bytes.strip_prefix(b"HTTP/1.1 ").or_else(|| bytes.strip_prefix(b"HTTP/1.0 "))?.get(..3)?;
    let code = match status {
        b"400" => ErrorCode::InvalidInput,
        b"408" => ErrorCode::RequestTimeout,
        b"413" => ErrorCode::PayloadTooLarge,
        b"414" | b"431" => ErrorCode::HeadersTooLarge,
        _ => return None,
    };
    let has = |name: &[u8]| bytes.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name));
    (has(b"content-length: 0\r\n") && !has(b"\r\nx-trace-id:")).then_some(code)
}

/// The response's head at the front of hyper's bytes without `Connection: close`, and its length before. An interim
/// response (`100 Continue`) stays as it is; `is_last` tells it from the response.
fn kept_alive(bytes: &[u8]) -> Option<(usize, bool, Bytes)> {
    const END: &[u8] = b"\r\n\r\n";
    const CLOSE: &[u8] = b"\r\nconnection: close\r\n";
    let find = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).position(|window| window == part);
    let length = find(bytes, END)? + END.len();
    let head = &bytes[..length];
    let is_last = !head.starts_with(b"HTTP/1.1 1");
    let kept = match find(head, CLOSE).filter(|_| is_last) {
        Some(at) => [&head[..at], &head[at + CLOSE.len() - 2..]].concat(),
        None => head.to_vec(),
    };
    Some((length, is_last, kept.into()))
}

impl AsyncRead for Prefixed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.prefix.is_empty() && self.passes_over {
            return self.poll_end(context);
        }
        if self.prefix.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let count = self.prefix.len().min(buffer.remaining());
        buffer.put_slice(&self.prefix[..count]);
        self.prefix.advance(count);
        if self.prefix.is_empty() {
            // An empty slice would keep its buffer allocated for as long as the connection lives.
            self.prefix = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

/// Not vectored, so that hyper writes whole heads. This path need not be fast.
impl AsyncWrite for Prefixed {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_replacement(context))?;
        if let Some(code) = bare_refusal(bytes) {
            self.replacement = Bytes::from((self.refuse)(code));
            return Poll::Ready(Ok(bytes.len()));
        }
        if self.fate.stays() && !self.has_head {
            match kept_alive(bytes) {
                Some((length, is_last, head)) => {
                    (self.has_head, self.replacement) = (is_last, head);
                    return Poll::Ready(Ok(length));
                }
                // Not whole: the head stays as it is, and what it says is done.
                None => self.fate.decide(false),
            }
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_replacement(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_replacement(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_errors_of_hyper_are_replaced() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bare_refusal(bare), Some(ErrorCode::HeadersTooLarge));
        assert_eq!(bare_refusal(b"HTTP/1.1 400 Bad Request\r\nx-trace-id: a\r\ncontent-length: 0\r\n\r\n"), None);
        assert_eq!(bare_refusal(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"), None);
        assert_eq!(bare_refusal(b"{\"text\":\"HTTP/1.1 400 content-length: 0\"}"), None);
    }

    #[test]
    fn a_response_after_which_the_connection_goes_on_does_not_close_it() {
        let head = b"HTTP/1.1 200 OK\r\na: b\r\nconnection: close\r\ncontent-length: 2\r\n\r\n";
        let kept = b"HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 2\r\n\r\n";
        let whole = [&head[..], b"connection: close\r\n"].concat();
        assert_eq!(kept_alive(&whole), Some((head.len(), true, Bytes::from_static(kept))));
        let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
        let both = [&interim[..], head].concat();
        assert_eq!(kept_alive(&both), Some((interim.len(), false, Bytes::from_static(interim))));
        assert_eq!(kept_alive(b"HTTP/1.1 200 OK\r\na: b\r\n"), None);
    }
}
