//! As much of HTTP as it takes to ask whether a server answers, and to tell toxiproxy what to do.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Of an answer, as much as is looked at.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Status and the rest of an answer.
pub(crate) fn ask(port: u16, method: &str, path: &str, body: &str) -> Result<(u16, String), String> {
    let said = |error: std::io::Error| format!("127.0.0.1:{port}: {error}");
    let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), TIMEOUT).map_err(said)?;
    stream.set_read_timeout(Some(TIMEOUT)).map_err(said)?;
    stream.set_write_timeout(Some(TIMEOUT)).map_err(said)?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nUser-Agent: testkit\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).map_err(said)?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).map_err(said)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|status| status.parse().ok());
    status.map(|status| (status, answer)).ok_or_else(|| format!("127.0.0.1:{port}: no HTTP answer"))
}
