//! One connection, written to by hand: a client for tests must be able to send what no good client would.

use super::reply::Reply;
use crate::onsale::PATIENCE;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// No reply in a test is longer; a length beyond it is a fault.
const BODY_BYTES_MAX: usize = 256 << 20;

/// One connection.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    /// Connects, and waits for replies as long as a busy machine may need.
    ///
    /// # Panics
    /// When the server does not listen.
    #[must_use]
    #[track_caller]
    pub fn open(address: SocketAddr) -> Self {
        Self::connect(address, PATIENCE).expect("connects")
    }

    /// Connects. `limit` holds for the connection, each read and each write.
    ///
    /// # Errors
    /// When the server does not listen.
    pub fn connect(address: SocketAddr, limit: Duration) -> Result<Self> {
        Self::of(TcpStream::connect_timeout(&address, limit)?, limit)
    }

    fn of(stream: TcpStream, limit: Duration) -> Result<Self> {
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream) })
    }

    /// Connects from an address of this machine's own, such as 127.0.0.2: another network in the eyes of the server.
    ///
    /// # Panics
    /// When the address cannot be used or the server does not listen.
    #[must_use]
    #[track_caller]
    pub fn open_from(source: IpAddr, address: SocketAddr) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None);
        let socket = socket.expect("a socket");
        socket.bind(&SocketAddr::new(source, 0).into()).expect("an address of this machine");
        socket.connect(&address.into()).expect("connects");
        Self::of(socket.into(), PATIENCE).expect("sets")
    }

    /// Sends bytes as they are. The server may end the connection in the middle: that is no failure of the test.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.try_send(bytes.as_ref());
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the connection has ended or takes no more.
    pub fn try_send(&mut self, bytes: &[u8]) -> Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// The next reply.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn reply(&mut self) -> Reply {
        self.try_reply().expect("a reply")
    }

    /// The next reply.
    ///
    /// # Errors
    /// When the connection ends before the reply does, the time is over, or it is not HTTP.
    pub fn try_reply(&mut self) -> Result<Reply> {
        let mut reply = self.head()?;
        self.read_body(&mut reply)?;
        Ok(reply)
    }

    /// The reply to a `HEAD`, which has no body whatever its headers say.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn head_reply(&mut self) -> Reply {
        self.head().expect("a reply")
    }

    /// Status and headers of the next reply, whose body is still to be read.
    pub(super) fn head(&mut self) -> Result<Reply> {
        let status_line = self.line()?;
        let status = status_line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| Error::other(format!("no status line: {status_line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        Ok(Reply { status, headers, body: Vec::new() })
    }

    fn read_body(&mut self, reply: &mut Reply) -> Result<()> {
        if reply.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            let began = Instant::now();
            loop {
                // A stream says something now and then, and never ends.
                if began.elapsed() > PATIENCE {
                    return Err(ErrorKind::TimedOut.into());
                }
                let length = usize::from_str_radix(&self.line()?, 16).map_err(Error::other)?;
                self.read_exactly(length, &mut reply.body)?;
                self.line()?;
                if length == 0 {
                    return Ok(());
                }
            }
        }
        match reply.header("content-length").map(str::parse::<usize>) {
            Some(length) => self.read_exactly(length.map_err(Error::other)?, &mut reply.body),
            None if matches!(reply.status, 100..200 | 204 | 304) => Ok(()),
            None => self.reader.read_to_end(&mut reply.body).map(drop),
        }
    }

    fn read_exactly(&mut self, length: usize, into: &mut Vec<u8>) -> Result<()> {
        let begin = into.len();
        if begin + length > BODY_BYTES_MAX {
            return Err(Error::other(format!("a body of more than {BODY_BYTES_MAX} bytes")));
        }
        into.resize(begin + length, 0);
        self.reader.read_exact(&mut into[begin..])
    }

    /// A line without its end.
    ///
    /// # Errors
    /// At the end of the connection, or when the time is over.
    pub fn line(&mut self) -> Result<String> {
        self.whole_line().map(|line| line.trim_end().to_owned())
    }

    /// A line with its end.
    pub(super) fn whole_line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line)
    }

    /// Whether a reply has begun to arrive. Does not wait.
    ///
    /// # Panics
    /// When the socket refuses to change its mode.
    #[must_use]
    pub fn has_reply(&self) -> bool {
        let stream = self.reader.get_ref();
        stream.set_nonblocking(true).expect("sets");
        let bytes = stream.peek(&mut [0; 1]);
        stream.set_nonblocking(false).expect("sets");
        bytes.is_ok_and(|count| count > 0)
    }

    /// Whether the server ends the connection without another byte. Waits for either.
    pub fn is_closed(&mut self) -> bool {
        match self.reader.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

/// Sends bytes on a connection of their own and returns the first reply.
///
/// # Panics
/// When no reply comes.
#[track_caller]
pub fn raw(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Reply {
    let mut connection = Connection::open(address);
    connection.send(bytes);
    connection.reply()
}
