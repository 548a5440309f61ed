//! Reads the document and the receipt from a file, an address, or standard input.

use super::super::WrongUse;
use anyhow::{Context, bail};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

/// Longest accepted document in bytes. One with a thousand ranges of released numbers has about 20,000 bytes.
const DOCUMENT_BYTES_MAX: u64 = 1024 * 1024;
/// Longest accepted list of entries in bytes: ten million of them.
const ENTRIES_BYTES_MAX: u64 = 650_000_000;
const TIMEOUT: Duration = Duration::from_secs(15);

/// Reads the document from a file, an address, or standard input (`-`).
///
/// # Errors
/// [`WrongUse`] for any other value; other errors when the document cannot be loaded.
pub(super) fn document(location: &str) -> anyhow::Result<String> {
    read("--serving", location, DOCUMENT_BYTES_MAX)
}

/// Reads the list of entries likewise.
///
/// # Errors
/// As [`document`].
pub(super) fn entries(location: &str) -> anyhow::Result<String> {
    read("--entries", location, ENTRIES_BYTES_MAX)
}

fn read(flag: &str, location: &str, most: u64) -> anyhow::Result<String> {
    if location.starts_with("https://") {
        return Err(wrong(format!("https is not supported; use: curl -s {location} | onsale verify-draw {flag} -")));
    }
    if let Some(rest) = location.strip_prefix("http://") {
        return fetch(rest, most).with_context(|| format!("cannot load {location}"));
    }
    if location == "-" {
        return bounded(std::io::stdin().lock(), most).context("cannot read standard input");
    }
    let file = std::fs::File::open(location).map_err(|error| wrong(format!("{flag} {location}: {error}")))?;
    bounded(file, most).with_context(|| format!("cannot read {location}"))
}

/// Returns the text itself, or the content of the file with this name.
///
/// # Errors
/// When the file exists and cannot be read.
pub(super) fn text_or_file(text: &str) -> anyhow::Result<String> {
    if !Path::new(text).is_file() {
        return Ok(text.to_owned());
    }
    let file = std::fs::File::open(text).with_context(|| format!("cannot open {text}"))?;
    bounded(file, DOCUMENT_BYTES_MAX).with_context(|| format!("cannot read {text}"))
}

fn wrong(why: String) -> anyhow::Error {
    WrongUse(why).into()
}

fn bounded(from: impl Read, most: u64) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = from.take(most + 1).read_to_string(&mut text)? as u64;
    if read > most {
        bail!("the input is longer than {most} bytes");
    }
    Ok(text)
}

/// Sends one HTTP/1.0 request. The response ends with the connection.
fn fetch(rest: &str, most: u64) -> anyhow::Result<String> {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let with_port = if has_port { host.to_owned() } else { format!("{host}:80") };
    let address = with_port.to_socket_addrs()?.next().context("unknown host")?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n")?;
    let answer = bounded(stream, most)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the response is not HTTP")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        bail!("the response is {status}: {}", body.chars().take(200).collect::<String>());
    }
    Ok(body.to_owned())
}
