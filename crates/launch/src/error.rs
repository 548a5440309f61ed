//! Why a server could not be started or ended.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// The outcome of everything here that can fail.
pub type Result<T> = std::result::Result<T, LaunchError>;

/// A server that could not be started, watched or ended.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The program is missing or not executable.
    #[error("{} cannot be run", program.display())]
    CannotRun {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The log file could not be opened.
    #[error("the server's log {}", path.display())]
    Log {
        /// The log file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The server ended before it listened.
    #[error("the server ended at once ({status}):\n{log}")]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// The end of its log.
        log: String,
    },
    /// The server runs and does not listen.
    #[error("the server did not listen within {} s:\n{log}", limit.as_secs())]
    NotListening {
        /// How long it had.
        limit: Duration,
        /// The end of its log.
        log: String,
    },
    /// `onsale admin keys create` failed or printed something other than a key.
    #[error("{0}")]
    Key(String),
    /// The operating system refused to signal the server or to report its state.
    #[error("the server's process")]
    Process(#[source] io::Error),
    /// The server had ended before it was asked to.
    #[error("the server had ended before it was asked to ({0})")]
    AlreadyEnded(ExitStatus),
    /// The server still runs after the time that it had to end.
    #[error("the server did not end within {} s", .0.as_secs())]
    StillRunning(Duration),
}

impl LaunchError {
    pub(crate) fn log(path: &Path, source: io::Error) -> Self {
        Self::Log { path: path.to_owned(), source }
    }
}
