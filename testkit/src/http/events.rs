//! A stream of server-sent events.

use super::client::Client;
use super::connection::Connection;
use super::reply::Reply;

/// One thing that a stream sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message with its id and its data; the id is empty when there is none.
    Message {
        /// The field `id`.
        id: String,
        /// The field `data`.
        data: String,
    },
    /// The pause before the next connection, in milliseconds.
    Retry(u64),
    /// A comment: a sign of life.
    Comment,
    /// The server has ended the stream.
    End,
}

/// An open stream of server-sent events.
#[derive(Debug)]
pub struct Events {
    connection: Connection,
    /// Status and headers; the body is empty.
    pub head: Reply,
}

impl Events {
    /// Opens the stream at `path` and reads its head.
    ///
    /// # Panics
    /// When no reply comes.
    #[must_use]
    #[track_caller]
    pub fn open(client: &Client, path: &str) -> Self {
        let mut connection = Connection::open(client.address);
        connection.send(client.request("GET", path, None));
        let head = connection.head().expect("a head");
        Self { connection, head }
    }

    /// The next thing that is sent. Waits for it.
    ///
    /// # Panics
    /// When a field is out of shape.
    pub fn event(&mut self) -> Event {
        let (mut id, mut data) = (String::new(), String::new());
        loop {
            let Some(line) = self.line() else { return Event::End };
            if let Some(value) = line.strip_prefix("id: ") {
                value.clone_into(&mut id);
            } else if let Some(value) = line.strip_prefix("data: ") {
                value.clone_into(&mut data);
            } else if let Some(value) = line.strip_prefix("retry: ") {
                return Event::Retry(value.parse().expect("milliseconds"));
            } else if line == ":" {
                return Event::Comment;
            } else if line.is_empty() && !data.is_empty() {
                return Event::Message { id, data };
            }
        }
    }

    /// Reads to the end. Whether the stream was ended with its last chunk, and not broken off.
    pub fn is_ended_in_order(&mut self) -> bool {
        while self.line().is_some() {}
        // After the last chunk comes one empty line.
        self.connection.line().is_ok_and(|line| line.is_empty()) && self.connection.is_closed()
    }

    /// A line of the body; none at its end. Lines of an event end in LF alone, so a line that ends in CRLF is the head
    /// or the end of a chunk.
    fn line(&mut self) -> Option<String> {
        loop {
            let line = self.connection.whole_line().ok()?;
            if line == "0\r\n" {
                return None;
            }
            if !line.ends_with("\r\n") {
                return Some(line.trim_end().to_owned());
            }
        }
    }
}
