//! A connection handed to hyper: its first bytes were read already, and hyper's own refusals get the contract's body.

use bytes::{Buf, Bytes};
use domain::ErrorCode;
use metrics::counter;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// Writes a whole refusal, head and body.
type Refuse = Box<dyn Fn(ErrorCode) -> Vec<u8> + Send>;

/// Gives the bytes that were read already, then reads on.
pub(super) struct Prefixed {
    prefix: Bytes,
    stream: TcpStream,
    refuse: Refuse,
    /// Written in place of a refusal of hyper's, and not sent yet.
    instead: Bytes,
    write_timeout: Duration,
    /// Runs while the peer does not take what is written.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Prefixed {
    pub fn new(prefix: Bytes, stream: TcpStream, refuse: Refuse, write_timeout: Duration) -> Self {
        Self { prefix, stream, refuse, instead: Bytes::new(), write_timeout, stalled: None }
    }

    /// A peer that takes nothing for so long is left: it would hold its connection for ever.
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

    fn poll_instead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.instead.is_empty() {
            let written = Pin::new(&mut self.stream).poll_write(context, &self.instead);
            let count = ready!(self.in_time(context, written))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.instead.advance(count);
        }
        Poll::Ready(Ok(()))
    }
}

/// The code of an answer that hyper gave by itself: to what is no request it answers with a bare head. Answers of the
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

impl AsyncRead for Prefixed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.prefix.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let count = self.prefix.len().min(buffer.remaining());
        buffer.put_slice(&self.prefix[..count]);
        self.prefix.advance(count);
        if self.prefix.is_empty() {
            // What is empty still holds the memory that it was in, for as long as the connection lives.
            self.prefix = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

/// Not vectored: hyper then hands over whole heads, and this is not the path that must be fast.
impl AsyncWrite for Prefixed {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(context))?;
        if let Some(code) = bare_refusal(bytes) {
            self.instead = Bytes::from((self.refuse)(code));
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_refusals_are_replaced() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bare_refusal(bare), Some(ErrorCode::HeadersTooLarge));
        assert_eq!(bare_refusal(b"HTTP/1.1 400 Bad Request\r\nx-trace-id: a\r\ncontent-length: 0\r\n\r\n"), None);
        assert_eq!(bare_refusal(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"), None);
        assert_eq!(bare_refusal(b"{\"text\":\"HTTP/1.1 400 content-length: 0\"}"), None);
    }
}
