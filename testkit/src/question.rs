//! The first exchange of each protocol, to see whether the right server answers.

use crate::http::Client;
use crate::{kafka, redis};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);
/// PostgreSQL: does it speak TLS? It answers S or N, and needs no password for that.
const POSTGRES_TLS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A protocol, and the port to try it at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Redis(u16),
    Kafka(u16),
    Postgres(u16),
    MariaDb(u16),
    /// Any answer will do.
    Http(u16),
    /// Whether a server listens.
    Tcp(u16),
}

/// As the process file has it.
pub(crate) fn write(questions: &[Question]) -> String {
    let words = questions.iter().map(|question| format!("{}:{}", question.protocol(), question.port()));
    words.collect::<Vec<_>>().join(" ")
}

/// Words that are out of shape are passed by.
pub(crate) fn read(text: &str) -> Vec<Question> {
    text.split(' ').filter_map(Question::read).collect()
}

impl Question {
    fn read(word: &str) -> Option<Self> {
        let (protocol, port) = word.split_once(':')?;
        let port = port.parse().ok()?;
        Some(match protocol {
            "redis" => Self::Redis(port),
            "kafka" => Self::Kafka(port),
            "postgres" => Self::Postgres(port),
            "mysql" => Self::MariaDb(port),
            "http" => Self::Http(port),
            "tcp" => Self::Tcp(port),
            _ => return None,
        })
    }

    /// As in a URL.
    const fn protocol(&self) -> &'static str {
        match self {
            Self::Redis(_) => "redis",
            Self::Kafka(_) => "kafka",
            Self::Postgres(_) => "postgres",
            Self::MariaDb(_) => "mysql",
            Self::Http(_) => "http",
            Self::Tcp(_) => "tcp",
        }
    }

    const fn port(&self) -> u16 {
        match self {
            Self::Redis(port)
            | Self::Kafka(port)
            | Self::Postgres(port)
            | Self::MariaDb(port)
            | Self::Http(port)
            | Self::Tcp(port) => *port,
        }
    }

    /// `redis://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.protocol(), self.port())
    }

    /// Asks.
    pub(crate) fn ask(&self) -> Result<(), String> {
        let port = self.port();
        match self {
            Self::Redis(_) => redis::ping(port),
            Self::Kafka(_) => kafka::answers(port),
            Self::Postgres(_) => exchange(port, &POSTGRES_TLS, |first| matches!(first, b'S' | b'N')),
            // The server speaks first: a packet whose number is 0, with the version 10 of the protocol.
            Self::MariaDb(_) => exchange(port, &[], |first| first > 0),
            Self::Http(_) => Client::local(port).try_call("GET", "/", None, TIMEOUT).map(drop).map_err(said),
            Self::Tcp(_) => exchange_none(port).map(drop),
        }
    }
}

fn exchange_none(port: u16) -> Result<TcpStream, String> {
    let stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), TIMEOUT).map_err(said)?;
    stream.set_read_timeout(Some(TIMEOUT)).map_err(said)?;
    Ok(stream)
}

fn exchange(port: u16, words: &[u8], is_right: impl Fn(u8) -> bool) -> Result<(), String> {
    let mut stream = exchange_none(port)?;
    stream.write_all(words).map_err(said)?;
    let mut first = [0];
    stream.read_exact(&mut first).map_err(said)?;
    if is_right(first[0]) { Ok(()) } else { Err(format!("127.0.0.1:{port}: another kind of server answers")) }
}

fn said(error: std::io::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let questions = [Question::Redis(1), Question::MariaDb(2), Question::Http(3), Question::Tcp(4)];
        assert_eq!(write(&questions), "redis:1 mysql:2 http:3 tcp:4");
        assert_eq!(read(&write(&questions)), questions);
        assert_eq!(read("smtp:1 redis:x"), []);
    }
}
