//! HTTP by hand: a client for tests must be able to say what no good client would.
#![allow(dead_code, reason = "each test program uses a part of it")]

use crate::server::PATIENCE;
use serde_json::Value;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?} {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body's `code`.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A field of the body.
    pub fn field(&self, name: &str) -> Value {
        self.json()[name].clone()
    }

    /// Demands an error in the contract's form.
    #[track_caller]
    pub fn is_error(&self, status: u16, code: &str) {
        let body = self.json();
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{body}");
        for field in ["message", "timestamp", "traceId"] {
            assert!(body[field].is_string(), "{field} in {body}");
        }
        assert_eq!(self.header("x-trace-id"), body["traceId"].as_str());
        assert_eq!(self.header("content-type"), Some("application/json"));
    }

    /// Demands 200, and gives the body.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }
}

/// One connection.
pub struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("sets");
        stream.set_nodelay(true).expect("sets");
        Self { reader: BufReader::new(stream) }
    }

    /// Sends bytes as they are. That the server stops listening in the middle is no failure of the test's.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.try_send(bytes.as_ref());
    }

    pub fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// The next answer.
    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        self.try_answer().expect("an answer")
    }

    /// The next answer, if the connection lives so long.
    pub fn try_answer(&mut self) -> std::io::Result<Answer> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::other(format!("no status line: {status_line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        self.read_body(&mut answer)?;
        Ok(answer)
    }

    fn read_body(&mut self, answer: &mut Answer) -> std::io::Result<()> {
        if answer.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            loop {
                let length = usize::from_str_radix(&self.line()?, 16).map_err(std::io::Error::other)?;
                self.read_exactly(length, &mut answer.body)?;
                self.line()?;
                if length == 0 {
                    return Ok(());
                }
            }
        }
        match answer.header("content-length").map(|length| length.parse().expect("a length")) {
            Some(length) => self.read_exactly(length, &mut answer.body),
            None if matches!(answer.status, 100..200 | 204 | 304) => Ok(()),
            None => self.reader.read_to_end(&mut answer.body).map(|_| ()),
        }
    }

    fn read_exactly(&mut self, length: usize, into: &mut Vec<u8>) -> std::io::Result<()> {
        let begin = into.len();
        into.resize(begin + length, 0);
        self.reader.read_exact(&mut into[begin..])
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Whether an answer has begun to arrive. Does not wait.
    pub fn has_answer(&self) -> bool {
        let stream = self.reader.get_ref();
        stream.set_nonblocking(true).expect("sets");
        let bytes = stream.peek(&mut [0; 1]);
        stream.set_nonblocking(false).expect("sets");
        bytes.is_ok_and(|count| count > 0)
    }

    /// Whether the server ends the connection without another byte.
    pub fn is_closed(&mut self) -> bool {
        match self.reader.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

/// Sends bytes on a connection of their own and hears the first answer.
#[track_caller]
pub fn raw(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Answer {
    let mut connection = Connection::open(address);
    connection.send(bytes);
    connection.answer()
}

/// A well-behaved client: one connection a call.
#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    headers: Vec<(String, String)>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, headers: Vec::new() }
    }

    /// Sends a header with every call.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The bytes of a request.
    pub fn request(&self, method: &str, path: &str, body: Option<&[u8]>) -> Vec<u8> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        let names_type = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if let Some(body) = body {
            let content_type = if names_type { "" } else { "Content-Type: application/json\r\n" };
            text += &format!("{content_type}Content-Length: {}\r\n", body.len());
        }
        let mut bytes = (text + "\r\n").into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        bytes
    }

    #[track_caller]
    pub fn call(&self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        raw(self.address, self.request(method, path, body))
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    /// POST without a body.
    #[track_caller]
    pub fn post(&self, path: &str) -> Answer {
        self.call("POST", path, None)
    }

    #[track_caller]
    pub fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, Some(body.to_string().as_bytes()))
    }

    #[track_caller]
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call("PATCH", path, Some(body.to_string().as_bytes()))
    }

    /// Asks for a coupon.
    #[track_caller]
    pub fn issue(&self, user: &str, event: &str) -> Answer {
        self.post_json(ISSUE, &serde_json::json!({"user_id": user, "event_id": event}))
    }
}

/// The hot route.
pub const ISSUE: &str = "/api/v1/coupons/issue";
