//! Errors when a server is started or stopped.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// The result type of this crate.
pub type Result<T> = std::result::Result<T, LaunchError>;

/// A failure to start, watch or stop a server.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The program is missing or not executable.
    #[error("cannot run {}", program.display())]
    CannotRun {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The log file could not be opened.
    #[error("cannot open the server's log {}", path.display())]
    Log {
        /// The log file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The server ended before it listened.
    #[error("the server ended at once ({status}):\n{log}")]
    Ended {
        /// Its exit status.
        status: ExitStatus,
        /// The end of its log.
        log: String,
    },
    /// The server runs, but does not listen.
    #[error("the server did not listen within {} s:\n{log}", limit.as_secs())]
    NotListening {
        /// The time limit.
        limit: Duration,
        /// The end of its log.
        log: String,
    },
    /// `onsale admin keys create` failed or printed something other than a key.
    #[error("{0}")]
    Key(String),
    /// The operating system refused to signal the server or to report its state.
    #[error("cannot control the server's process")]
    Process(#[source] io::Error),
    /// The server had already ended before the request to stop.
    #[error("the server had already ended before it was stopped ({0})")]
    AlreadyEnded(ExitStatus),
    /// The server still runs after the time limit of its stop.
    #[error("the server did not end within {} s", .0.as_secs())]
    StillRunning(Duration),
}

impl LaunchError {
    pub(crate) fn log(path: &Path, source: io::Error) -> Self {
        Self::Log { path: path.to_owned(), source }
    }
}
