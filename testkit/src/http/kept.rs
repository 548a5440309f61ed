//! A client that keeps its connection, for load under faults.

use super::client::Client;
use super::connection::Connection;
use super::reply::Reply;
use std::io::Result;
use std::time::Duration;

/// A client that keeps its connection from call to call as long as the server does, and connects anew otherwise.
#[derive(Debug)]
pub struct KeptClient {
    client: Client,
    limit: Duration,
    connection: Option<Connection>,
}

impl KeptClient {
    /// A client of the server on that port of 127.0.0.1; `limit` holds for each step of a call.
    #[must_use]
    pub fn local(port: u16, limit: Duration) -> Self {
        Self { client: Client::local(port), limit, connection: None }
    }

    /// One call with further headers and a body of JSON, which may be empty.
    ///
    /// # Errors
    /// When the server does not listen, ends the connection, or is silent. Whether it has carried the call out is
    /// unknown then.
    pub fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Reply> {
        let client = headers.iter().fold(self.client.clone(), |client, (name, value)| client.with(name, value));
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::connect(client.address, self.limit)?,
        };
        connection.try_send(&client.request(method, path, Some(body.as_bytes())))?;
        let reply = connection.try_reply()?;
        let is_kept = !reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        self.connection = is_kept.then_some(connection);
        Ok(reply)
    }
}
