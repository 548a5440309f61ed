//! As much of the Redis protocol as it takes to ask a server how it is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// A server on this machine answers in microseconds, and while its disk is busy in seconds; one that does not within this
/// time is stalled.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Nothing that is asked here is answered with more.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// The reply of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Text(String),
    Number(i64),
    Nothing,
    Many(Vec<Reply>),
}

/// Asks one thing over a connection of its own. An error that the server answers is an error.
pub(crate) fn ask(port: u16, words: &[&str]) -> Result<Reply, String> {
    let asked = || -> Result<Reply, String> {
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).map_err(said)?;
        stream.set_read_timeout(Some(TIMEOUT)).map_err(said)?;
        stream.set_write_timeout(Some(TIMEOUT)).map_err(said)?;
        stream.write_all(&encode(words)).map_err(said)?;
        read(&mut BufReader::new(stream))
    };
    asked().map_err(|why| format!("127.0.0.1:{port}, {}: {why}", words.join(" ")))
}

/// Asks for a text.
pub(crate) fn ask_text(port: u16, words: &[&str]) -> Result<String, String> {
    match ask(port, words)? {
        Reply::Text(text) => Ok(text),
        other => Err(format!("127.0.0.1:{port}, {}: {other:?}", words.join(" "))),
    }
}

fn said(error: std::io::Error) -> String {
    error.to_string()
}

fn encode(words: &[&str]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", words.len());
    for word in words {
        request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    request.into_bytes()
}

fn read(stream: &mut impl BufRead) -> Result<Reply, String> {
    let mut line = String::new();
    stream.by_ref().take(ANSWER_BYTES_MAX as u64).read_line(&mut line).map_err(said)?;
    let line = line.strip_suffix("\r\n").ok_or("the server hung up")?;
    let (kind, rest) = line.split_at_checked(1).ok_or("an empty line")?;
    let number = || rest.parse::<i64>().map_err(|_| format!("{line:?} is no answer"));
    match kind {
        "+" => Ok(Reply::Text(rest.to_owned())),
        "-" => Err(rest.to_owned()),
        ":" => Ok(Reply::Number(number()?)),
        "$" => text(stream, number()?),
        "*" => (0..number()?).map(|_| read(stream)).collect::<Result<_, _>>().map(Reply::Many),
        _ => Err(format!("{line:?} is no answer")),
    }
}

fn text(stream: &mut impl BufRead, length: i64) -> Result<Reply, String> {
    let Ok(length) = usize::try_from(length) else { return Ok(Reply::Nothing) };
    if length > ANSWER_BYTES_MAX {
        return Err(format!("an answer of {length} bytes"));
    }
    let mut bytes = vec![0; length + 2];
    stream.read_exact(&mut bytes).map_err(said)?;
    bytes.truncate(length);
    String::from_utf8(bytes).map(Reply::Text).map_err(|_| "an answer that is no text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let read = |text: &str| read(&mut text.as_bytes());
        assert_eq!(encode(&["GET", "k"]), b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
        assert_eq!(read("+PONG\r\n"), Ok(Reply::Text("PONG".into())));
        assert_eq!(read("-LOADING the set\r\n"), Err("LOADING the set".into()));
        assert_eq!(read("$-1\r\n"), Ok(Reply::Nothing));
        let many = Reply::Many(vec![Reply::Number(7), Reply::Text("a\r\nb".into())]);
        assert_eq!(read("*2\r\n:7\r\n$4\r\na\r\nb\r\n"), Ok(many));
        for broken in ["", "+PONG", "$5\r\nab\r\n", ":x\r\n", "?\r\n", "$99999999999\r\n"] {
            assert!(read(broken).is_err(), "{broken:?}");
        }
    }
}
