//! As much of Redis's protocol as a load of script calls needs: commands into a buffer, answers counted in another.

use std::io::{Read, Write};
use std::net::TcpStream;

/// Appends the head of a command with this many words.
pub fn begin(words: usize, out: &mut Vec<u8>) {
    head(b'*', words, out);
}

/// Appends one word.
pub fn word(bytes: &[u8], out: &mut Vec<u8>) {
    head(b'$', bytes.len(), out);
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

fn head(kind: u8, count: usize, out: &mut Vec<u8>) {
    // Into a vector nothing can fail.
    let _ = write!(out, "{}{count}\r\n", char::from(kind));
}

/// The end of the line that begins at `from`, and the number on it.
fn line(bytes: &[u8], from: usize) -> Option<(usize, i64)> {
    let length = bytes.get(from..)?.windows(2).position(|pair| pair == b"\r\n")?;
    let number = std::str::from_utf8(bytes.get(from + 1..from + length)?).ok().and_then(|text| text.parse().ok());
    Some((from + length + 2, number.unwrap_or(-1)))
}

/// Where the answer that begins at `from` ends; `None` while it is not all there.
fn end_of(bytes: &[u8], from: usize) -> Option<usize> {
    let (after, count) = line(bytes, from)?;
    match bytes[from] {
        b'*' => (0..count).try_fold(after, |at, _| end_of(bytes, at)),
        b'$' if count >= 0 => Some(after + count as usize + 2).filter(|end| *end <= bytes.len()),
        _ => Some(after),
    }
}

/// A connection that sends many commands at once and then reads as many replies.
pub struct Pipe {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Pipe {
    /// Connects.
    pub fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, heard: Vec::new() })
    }

    /// Sends `commands`, waits for `count` answers, and shows each to `look`.
    pub fn exchange(
        &mut self,
        commands: &[u8],
        count: usize,
        mut look: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.stream.write_all(commands)?;
        let (mut answers, mut at) = (0, 0);
        let mut some = [0; 64 * 1024];
        self.heard.clear();
        while answers < count {
            let length = self.stream.read(&mut some)?;
            anyhow::ensure!(length > 0, "Redis ended the connection");
            self.heard.extend_from_slice(&some[..length]);
            while let Some(end) = end_of(&self.heard, at) {
                look(&self.heard[at..end])?;
                (answers, at) = (answers + 1, end);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_it_ends() {
        let answer = b"*4\r\n$2\r\nOK\r\n:12\r\n*2\r\n:1\r\n:2\r\n$-1\r\n";
        for length in 0..answer.len() {
            assert_eq!(end_of(&answer[..length], 0), None, "{length}");
        }
        let two = [&answer[..], b"-ERR no\r\n"].concat();
        assert_eq!(end_of(&two, 0), Some(answer.len()));
        assert_eq!(end_of(&two, answer.len()), Some(two.len()));
    }
}
