//! A well-behaved client with one connection a call.

use super::connection::{Connection, raw};
use super::reply::Reply;
use serde_json::Value;
use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// A client with headers of its own. Every call has a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    /// The server.
    pub address: SocketAddr,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client of that server, without headers beyond `Host`.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, headers: Vec::new() }
    }

    /// A client of the server on that port of 127.0.0.1.
    #[must_use]
    pub fn local(port: u16) -> Self {
        Self::new((Ipv4Addr::LOCALHOST, port).into())
    }

    /// The same client with a header in every call.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The bytes of a request. A body is JSON unless a header says otherwise.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, body: Option<&[u8]>) -> Vec<u8> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        let has_type = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if let Some(body) = body {
            let content_type = if has_type { "" } else { "Content-Type: application/json\r\n" };
            text += &format!("{content_type}Content-Length: {}\r\n", body.len());
        }
        let mut bytes = (text + "\r\n").into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        bytes
    }

    /// One call.
    ///
    /// # Panics
    /// When no reply comes.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str, body: Option<&[u8]>) -> Reply {
        raw(self.address, self.request(method, path, body))
    }

    /// One call to a server that may be unavailable. `limit` holds for each step of it.
    ///
    /// # Errors
    /// When the server does not listen, ends the connection, or is silent. Whether it has carried the call out is
    /// unknown then.
    pub fn try_call(&self, method: &str, path: &str, body: Option<&[u8]>, limit: Duration) -> Result<Reply> {
        let mut connection = Connection::connect(self.address, limit)?;
        connection.try_send(&self.with("Connection", "close").request(method, path, body))?;
        connection.try_reply()
    }

    /// `GET`.
    ///
    /// # Panics
    /// When no reply comes.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path, None)
    }

    /// `POST` without a body.
    ///
    /// # Panics
    /// When no reply comes.
    #[track_caller]
    pub fn post(&self, path: &str) -> Reply {
        self.call("POST", path, None)
    }

    /// `POST` with JSON.
    ///
    /// # Panics
    /// When no reply comes.
    #[track_caller]
    pub fn post_json(&self, path: &str, body: &Value) -> Reply {
        self.call("POST", path, Some(body.to_string().as_bytes()))
    }

    /// `PATCH` with JSON.
    ///
    /// # Panics
    /// When no reply comes.
    #[track_caller]
    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        self.call("PATCH", path, Some(body.to_string().as_bytes()))
    }
}
