//! Lines of a connection, each within a length and a time.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longest wait for the end of a line, and for the peer to take a reply.
const LINE_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes read at once.
const READ_BYTES: usize = 8_192;

/// A stream as lines that end with CRLF. A line feed alone ends none: what is one mail here must not be two elsewhere.
pub struct Lines<S> {
    stream: S,
    buffer: Vec<u8>,
    /// Where the rest of the buffer begins.
    at: usize,
}

/// A line, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    /// Longer than allowed.
    TooLong,
    /// The peer has gone.
    End,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lines<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new(), at: 0 }
    }

    /// The stream, if nothing was read ahead of it: whoever sends commands before TLS has begun may be somebody else.
    pub fn into_stream(self) -> Option<S> {
        (self.at == self.buffer.len()).then_some(self.stream)
    }

    /// Whether the peer has sent more than was read.
    pub fn has_more(&self) -> bool {
        self.at < self.buffer.len()
    }

    /// The next line, of at most so many bytes.
    pub async fn next(&mut self, bytes_max: usize) -> io::Result<Line> {
        match tokio::time::timeout(LINE_TIMEOUT, self.read_line(bytes_max)).await {
            Ok(line) => line,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn read_line(&mut self, bytes_max: usize) -> io::Result<Line> {
        let mut looked = self.at;
        loop {
            let rest = &self.buffer[looked.max(self.at)..];
            if let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
                let end = looked.max(self.at) + end;
                let line = self.buffer[self.at..end].to_vec();
                self.at = end + 2;
                return Ok(if line.len() > bytes_max { Line::TooLong } else { Line::Whole(line) });
            }
            if self.buffer.len() - self.at > bytes_max + 1 {
                return Ok(Line::TooLong);
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            // A carriage return at the end may be half of the end of a line.
            looked = self.buffer.len().saturating_sub(1);
            let length = self.buffer.len();
            self.buffer.resize(length + READ_BYTES, 0);
            let read = self.stream.read(&mut self.buffer[length..]).await;
            self.buffer.truncate(length + *read.as_ref().unwrap_or(&0));
            if read? == 0 {
                return Ok(Line::End);
            }
        }
    }

    /// Sends a reply.
    pub async fn say(&mut self, text: &str) -> io::Result<()> {
        let bytes = format!("{text}\r\n");
        let sent = async {
            self.stream.write_all(bytes.as_bytes()).await?;
            self.stream.flush().await
        };
        tokio::time::timeout(LINE_TIMEOUT, sent).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines_of(parts: &[&[u8]], bytes_max: usize) -> Vec<Line> {
        let (mut peer, stream) = tokio::io::duplex(64);
        let parts: Vec<Vec<u8>> = parts.iter().map(|part| part.to_vec()).collect();
        tokio::spawn(async move {
            for part in parts {
                peer.write_all(&part).await.expect("writes");
                tokio::task::yield_now().await;
            }
        });
        let mut lines = Lines::new(stream);
        let mut found = Vec::new();
        loop {
            let line = lines.next(bytes_max).await.expect("reads");
            let is_last = !matches!(line, Line::Whole(_));
            found.push(line);
            if is_last {
                return found;
            }
        }
    }

    #[tokio::test]
    async fn lines_end_with_both_bytes_however_they_arrive() {
        let whole = |text: &[u8]| Line::Whole(text.to_vec());
        let found = lines_of(&[b"EHLO a\r", b"\nb\nc\r\n\r\n", b"d\r", b"\r\n.\n", b"e\r\n"], 20).await;
        assert_eq!(found, [whole(b"EHLO a"), whole(b"b\nc"), whole(b""), whole(b"d\r"), whole(b".\ne"), Line::End]);
    }

    #[tokio::test]
    async fn a_line_without_end_is_given_up() {
        let long = [b'a'; 5_000];
        assert_eq!(lines_of(&[&long], 100).await, [Line::TooLong]);
        assert_eq!(lines_of(&[&long[..101], b"\r\n"], 100).await, [Line::TooLong]);
        assert_eq!(lines_of(&[&long[..100], b"\r\n"], 100).await.len(), 2);
    }
}
