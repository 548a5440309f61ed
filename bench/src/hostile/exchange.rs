//! One request on a connection of its own, from a chosen address.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// No reply of interest is longer.
const REPLY_MAX: u64 = 1 << 20;

/// A connection from this address.
///
/// # Errors
/// When it is refused.
pub async fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket.connect(to).await
}

/// A reply.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Head and body.
    pub text: String,
}

impl Reply {
    /// The value of the first cookie that is set, as a browser sends it back.
    pub fn cookie(&self) -> Option<&str> {
        let line = self.text.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"))?;
        line.split_once(':')?.1.split(';').next().map(str::trim)
    }
}

/// Sends the bytes and reads until the server closes the connection.
///
/// # Errors
/// When there is no whole head of a reply.
pub async fn exchange(from: Ipv4Addr, to: SocketAddr, bytes: &[u8]) -> io::Result<Reply> {
    let mut stream = connect(from, to).await?;
    stream.write_all(bytes).await?;
    let mut reply = Vec::new();
    let read = (&mut stream).take(REPLY_MAX).read_to_end(&mut reply).await;
    let text = String::from_utf8_lossy(&reply).into_owned();
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    match (status, read) {
        (Some(status), _) => Ok(Reply { status, text }),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// A request without a body that closes its connection; `more` are header lines with their line ends.
pub fn get(path: &str, more: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n{more}\r\n").into_bytes()
}

/// A request with a body of JSON that closes its connection.
pub fn post(path: &str, more: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n{more}");
    format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}
