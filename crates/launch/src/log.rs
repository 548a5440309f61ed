//! The log file of a server.

use crate::error::{LaunchError, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A log names users; it is for its owner alone.
const LOG_MODE: u32 = 0o600;
/// Number of log lines in an error.
const TAIL_LINES: usize = 20;

/// The part of a log file that belongs to one start of a server. The file keeps the output of earlier starts.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    begin: u64,
}

impl Log {
    /// Opens the file for appending. The second value is the file for the server's output.
    pub(crate) fn open(path: &Path) -> Result<(Self, File)> {
        let file = File::options().create(true).append(true).mode(LOG_MODE).open(path);
        let file = file.map_err(|error| LaunchError::log(path, error))?;
        let begin = file.metadata().map_err(|error| LaunchError::log(path, error))?.len();
        Ok((Self { path: path.to_owned(), begin }, file))
    }

    /// The output since the start. Empty when the file cannot be read.
    pub(crate) fn text(&self) -> String {
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.begin))?;
            file.read_to_end(&mut bytes)
        });
        read.map(|_| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The last lines.
    pub(crate) fn tail(&self) -> String {
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

/// The address after `announcement`, when the following character shows that it is complete.
pub(crate) fn announced_address(log: &str, announcement: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once(announcement)?;
    let end = rest.find(|c: char| !(c.is_ascii_hexdigit() || ".:[]".contains(c)))?;
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_text_and_in_json_logs() {
        let found = |log: &str| announced_address(log, "listening on http://").map(|address| address.to_string());
        assert_eq!(found("a\nINFO listening on http://127.0.0.1:4821\n").as_deref(), Some("127.0.0.1:4821"));
        let json = r#"{"message":"listening on http://127.0.0.1:4821","x":1}"#;
        assert_eq!(found(json).as_deref(), Some("127.0.0.1:4821"));
        assert_eq!(found("listening on http://[::1]:48\n").as_deref(), Some("[::1]:48"));
        assert_eq!(found("listening on http://127.0.0.1:48"), None, "the line is incomplete");
        assert_eq!(found("starting\n"), None);
    }

    #[test]
    fn only_the_latest_start_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        std::fs::write(&path, "the first start\n").expect("written");
        let (log, mut file) = Log::open(&path).expect("opened");
        std::io::Write::write_all(&mut file, b"the second start\n").expect("written");
        assert_eq!(log.text(), "the second start\n");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "the first start\nthe second start\n");
    }
}
