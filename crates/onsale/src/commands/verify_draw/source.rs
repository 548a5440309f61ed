//! Where the document and the receipt come from.

use super::super::WrongUse;
use anyhow::{Context, bail};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

/// Longest document that is read, in bytes: one with a thousand ranges of given-up tickets has some twenty thousand.
const DOCUMENT_BYTES_MAX: u64 = 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(15);

/// The document at a file, an address, or standard input (`-`).
///
/// # Errors
/// [`WrongUse`] for what is none of these; when it can not be had.
pub(super) fn read(place: &str) -> anyhow::Result<String> {
    if place.starts_with("https://") {
        return Err(wrong(format!("this program speaks no TLS: curl -s {place} | onsale verify-draw --serving -")));
    }
    if let Some(rest) = place.strip_prefix("http://") {
        return fetch(rest).with_context(|| format!("{place} can not be had"));
    }
    if place == "-" {
        return bounded(std::io::stdin().lock()).context("standard input can not be read");
    }
    let file = std::fs::File::open(place).map_err(|error| wrong(format!("--serving {place}: {error}")))?;
    bounded(file).with_context(|| format!("{place} can not be read"))
}

/// The text itself, or that of the file of this name.
///
/// # Errors
/// When there is such a file and it can not be read.
pub(super) fn text_or_file(text: &str) -> anyhow::Result<String> {
    if !Path::new(text).is_file() {
        return Ok(text.to_owned());
    }
    let file = std::fs::File::open(text).with_context(|| format!("{text} can not be opened"))?;
    bounded(file).with_context(|| format!("{text} can not be read"))
}

fn wrong(why: String) -> anyhow::Error {
    WrongUse(why).into()
}

fn bounded(from: impl Read) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = from.take(DOCUMENT_BYTES_MAX + 1).read_to_string(&mut text)? as u64;
    if read > DOCUMENT_BYTES_MAX {
        bail!("it is longer than {DOCUMENT_BYTES_MAX} bytes");
    }
    Ok(text)
}

/// One answer by HTTP/1.0, whose end is the connection's.
fn fetch(rest: &str) -> anyhow::Result<String> {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let with_port = if has_port { host.to_owned() } else { format!("{host}:80") };
    let address = with_port.to_socket_addrs()?.next().context("there is no such host")?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n")?;
    let answer = bounded(stream)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is not HTTP")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        bail!("the answer is {status}: {}", body.chars().take(200).collect::<String>());
    }
    Ok(body.to_owned())
}
