//! One connection of a client who may be cut off at any moment and only says so.

use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than the edge waits for its servers.
const PATIENCE: Duration = Duration::from_secs(20);
/// No answer here is longer.
const BODY_BYTES_MAX: usize = 1 << 20;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: bool,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// A caller who keeps its connection as long as it lives.
pub struct Caller {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

impl Caller {
    pub fn new(port: u16) -> Self {
        Self { address: (Ipv4Addr::LOCALHOST, port).into(), connection: None }
    }

    /// Sends a request and hears the answer. After an error nobody knows whether it was carried out.
    pub fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = self.exchange(request.as_bytes());
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }

    fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(self.address)?,
        };
        connection.get_mut().write_all(request)?;
        let (answer, stays_open) = read(&mut connection)?;
        self.connection = stays_open.then_some(connection);
        Ok(answer)
    }
}

fn connect(address: SocketAddr) -> Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

fn line(connection: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    if connection.read_line(&mut line)? == 0 {
        return Err(Error::other("hung up"));
    }
    Ok(line.trim_end().to_owned())
}

fn read(connection: &mut BufReader<TcpStream>) -> Result<(Answer, bool)> {
    let first = line(connection)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Error::other(format!("no status: {first:?}")))?;
    let (mut length, mut retry_after, mut stays_open) = (None, false, true);
    loop {
        let line = line(connection)?.to_ascii_lowercase();
        let Some((name, value)) = line.split_once(':') else { break };
        match name {
            "content-length" => length = value.trim().parse::<usize>().ok(),
            "retry-after" => retry_after = true,
            "connection" => stays_open = value.trim() != "close",
            _ => {}
        }
    }
    let length = length.filter(|length| *length <= BODY_BYTES_MAX);
    let mut body = vec![0; length.ok_or_else(|| Error::other("no length"))?];
    connection.read_exact(&mut body)?;
    let body = String::from_utf8(body).map_err(Error::other)?;
    Ok((Answer { status, retry_after, body }, stays_open))
}
