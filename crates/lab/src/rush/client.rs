//! A simple client for the calls before and after the load: creating the campaign, reading the records.

use super::answer::excerpt;
use super::target::Target;
use crate::load::parse;
use anyhow::{Context, bail};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(30);
/// A call to an unreachable or overloaded server is repeated for this long, because the server may be restarting.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);
/// Largest accepted body; the comparison of a campaign with many findings is long.
const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Status and body of a response.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// The body as JSON.
    pub(super) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("the response is not JSON: {}", excerpt(&self.body)))
    }

    /// Status and beginning of the body, for error messages.
    pub(super) fn describe(&self) -> String {
        format!("status {}: {}", self.status, excerpt(&self.body))
    }
}

/// A client of one server that sends one request at a time.
pub(super) struct Client {
    target: Target,
    admin_key: Option<String>,
    stream: Option<TcpStream>,
    patience: Duration,
}

impl Client {
    pub(super) fn new(target: Target, admin_key: Option<String>) -> Self {
        Self { target, admin_key, stream: None, patience: PATIENCE }
    }

    /// A client without retries.
    pub(super) fn at_once(target: Target, admin_key: Option<String>) -> Self {
        Self { target, admin_key, stream: None, patience: Duration::ZERO }
    }

    pub(super) fn has_admin_key(&self) -> bool {
        self.admin_key.is_some()
    }

    pub(super) fn get(&mut self, path: &str) -> anyhow::Result<Reply> {
        self.call("GET", path, None)
    }

    pub(super) fn post(&mut self, path: &str, body: Option<&Value>) -> anyhow::Result<Reply> {
        self.call("POST", path, body)
    }

    pub(super) fn put(&mut self, path: &str, body: &Value) -> anyhow::Result<Reply> {
        self.call("PUT", path, Some(body))
    }

    /// Sends a request, and repeats it while the server is unreachable or asks for a retry. Every call here is repeatable.
    fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Reply> {
        let request = self.request(method, path, body);
        let give_up = Instant::now() + self.patience;
        loop {
            let failure = match self.exchange(&request) {
                Ok(reply) if !matches!(reply.status, 429 | 502 | 503 | 504) => return Ok(reply),
                Ok(reply) => reply.describe(),
                Err(error) => format!("{error:#}"),
            };
            self.stream = None;
            if Instant::now() >= give_up {
                bail!("{method} {}{path}: {failure}", self.target);
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let key = self.admin_key.as_ref().map(|key| format!("X-Api-Key: {key}\r\n")).unwrap_or_default();
        let content_type = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{key}{content_type}Content-Length: {}\r\n\r\n{body}",
            self.target.host,
            body.len()
        )
        .into_bytes()
    }

    fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Reply> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect_timeout(&self.target.address, TIMEOUT).context("cannot connect")?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                stream
            }
        };
        stream.write_all(request).context("cannot send")?;
        let (reply, keep_alive) = read_reply(&mut stream)?;
        if keep_alive {
            self.stream = Some(stream);
        }
        Ok(reply)
    }
}

fn read_reply(stream: &mut TcpStream) -> anyhow::Result<(Reply, bool)> {
    let (mut bytes, mut joined) = (Vec::new(), Vec::new());
    let mut chunk = vec![0; 64 * 1024];
    loop {
        if let Some((answer, _)) = parse(&bytes, BODY_BYTES_MAX, &mut joined)? {
            let reply = Reply { status: answer.status, body: answer.body.to_vec() };
            return Ok((reply, answer.keep_alive));
        }
        match stream.read(&mut chunk).context("no response")? {
            0 => bail!("the connection ended before the response was complete"),
            read_bytes => bytes.extend_from_slice(&chunk[..read_bytes]),
        }
    }
}
