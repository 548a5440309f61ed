//! Writes a response of the router onto a connection.

use super::reply::push_date;
use super::wire::Wire;
use super::worker::ServerState;
use axum::body::Body;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH};
use http::response::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use metrics::counter;
use std::io;
use tokio::io::AsyncReadExt;

/// The end of a chunked body.
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Bytes that a peer has to read within the request timeout: few, so that a slow one is told from one that reads nothing.
const PART_BYTES: usize = 4 * 1024;

/// What a response's framing depends on, beside the response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Framing {
    /// Whether the connection closes after it.
    pub close: bool,
    /// Whether it answers `HEAD`.
    pub is_head: bool,
}

/// Whether the headers ask for the connection's end.
pub(super) fn closes(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter();
    let mut words = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    words.any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
}

/// Appends the head. `length`: that of the body in bytes, if it is known. Returns whether the body goes in chunks.
pub(super) fn write_head(parts: &Parts, length: Option<u64>, framing: Framing, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(parts.status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(parts.status.canonical_reason().unwrap_or("").as_bytes());
    let has_body = !matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    for (name, value) in &parts.headers {
        if name == CONNECTION || (name == CONTENT_LENGTH && !has_body) {
            continue;
        }
        for part in [&b"\r\n"[..], name.as_str().as_bytes(), b": ", value.as_bytes()] {
            out.extend_from_slice(part);
        }
    }
    let is_told = !has_body || framing.is_head || parts.headers.contains_key(CONTENT_LENGTH);
    let is_chunked = !is_told && length.is_none();
    if is_chunked {
        out.extend_from_slice(b"\r\ntransfer-encoding: chunked");
    } else if let Some(length) = length.filter(|_| !is_told) {
        out.extend_from_slice(b"\r\ncontent-length: ");
        crate::number::push(out, length);
    }
    if framing.close {
        out.extend_from_slice(b"\r\nconnection: close");
    }
    out.extend_from_slice(b"\r\ndate: ");
    push_date(out);
    out.extend_from_slice(b"\r\n\r\n");
    is_chunked
}

/// Appends a part of the body.
pub(super) fn push_part(bytes: &[u8], is_chunked: bool, out: &mut Vec<u8>) {
    if is_chunked {
        out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
    }
    out.extend_from_slice(bytes);
    if is_chunked {
        out.extend_from_slice(b"\r\n");
    }
}

/// The next bytes of the body, never empty; none at the end. Also reads from the peer, to notice when it disconnects:
/// the bytes go to `kept`, up to its capacity, or are ignored.
///
/// # Errors
/// When the peer disconnects, or the body breaks.
pub(super) async fn next(
    stream: &mut Wire,
    body: &mut Body,
    mut kept: Option<&mut Vec<u8>>,
) -> io::Result<Option<Bytes>> {
    loop {
        let mut ignored = [0; 64];
        tokio::select! {
            biased;
            frame = body.frame() => match frame {
                None => return Ok(None),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) if !bytes.is_empty() => return Ok(Some(bytes)),
                    _ => {}
                },
                Some(Err(error)) => return Err(io::Error::other(error)),
            },
            count = read(stream, &mut ignored, kept.as_deref_mut()) => {
                if count? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }
}

async fn read(stream: &mut Wire, ignored: &mut [u8], kept: Option<&mut Vec<u8>>) -> io::Result<usize> {
    match kept {
        None => stream.read(ignored).await,
        Some(kept) if kept.len() < kept.capacity() || kept.is_empty() => stream.read_buf(kept).await,
        // What it sends now waits in the system's buffer.
        Some(_) => std::future::pending().await,
    }
}

/// Writes all bytes. A peer that reads nothing for the request timeout is disconnected: it would hold its connection
/// forever.
///
/// # Errors
/// When the peer disconnects, or reads nothing.
pub(super) async fn write(stream: &mut Wire, bytes: &[u8], state: &ServerState) -> io::Result<()> {
    let mut left = &bytes[stream.try_send(bytes)?..];
    while !left.is_empty() {
        let part = &left[..left.len().min(PART_BYTES)];
        match tokio::time::timeout(state.settings.request_timeout, stream.send(part)).await {
            Ok(written) => written?,
            Err(_) => {
                counter!("onsale_http_stalled_connections_total").increment(1);
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        left = &left[part.len()..];
    }
    Ok(())
}
