//! The bytes of one connection, plain or under TLS. All that serves a connection is the same for both.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A connection that bytes are read from and written to.
pub(super) enum Wire {
    /// As the system gives it.
    Plain(TcpStream),
    /// Under TLS, after the handshake. Boxed: its state is many times larger than a socket.
    Secure(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Whether nobody between can read.
    pub fn is_secure(&self) -> bool {
        matches!(self, Self::Secure(_))
    }

    /// Writes what the system takes at once, and returns how much that was: the whole answer of a usual request. Under TLS
    /// nothing is: what is written there has to be sent as well.
    pub fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        let Self::Plain(stream) = self else { return Ok(0) };
        match stream.try_write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            written => Ok(written.unwrap_or(0)),
        }
    }

    /// Writes all bytes, and sends what TLS has kept of them.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes).await?;
        self.flush().await
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Secure(stream) => Pin::new(&mut **stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Secure(stream) => Pin::new(&mut **stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Secure(stream) => Pin::new(&mut **stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Secure(stream) => Pin::new(&mut **stream).poll_shutdown(context),
        }
    }
}
