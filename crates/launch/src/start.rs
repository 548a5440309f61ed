//! Starts a server and waits until it listens.

use crate::error::{LaunchError, Result};
use crate::log::{Log, announced_address};
use crate::onsale::onsale;
use crate::running::Running;
use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The text before the address in the log of `onsale serve`.
const ANNOUNCEMENT: &str = "listening on http://";
/// As the program makes its data folder, which the log may stand in.
const FOLDER_MODE: u32 = 0o700;
const LIMIT: Duration = Duration::from_secs(60);
/// Interval of reading the log: short, because the benchmark measures starts of a few milliseconds.
const PAUSE: Duration = Duration::from_millis(1);

/// A server program to start.
#[derive(Debug)]
pub struct Launch {
    command: Command,
    program: PathBuf,
    log: PathBuf,
    announcement: &'static str,
    limit: Duration,
}

impl Launch {
    /// `onsale serve` on a free loopback port with its data in `data`. Its log is `data/server.log`. It does not inherit the
    /// `onsale` settings of this process's environment.
    #[must_use]
    pub fn serve(program: &Path, data: &Path) -> Self {
        Self::serve_at(program, data, "127.0.0.1:0")
    }

    /// As [`serve`](Self::serve), at the address `listen`.
    #[must_use]
    pub fn serve_at(program: &Path, data: &Path, listen: &str) -> Self {
        let launch = Self::of(onsale(program), program, &data.join("server.log"));
        launch.arguments(["serve", "--data"]).arguments([data]).arguments(["--listen", listen])
    }

    /// Another command of the program, with its output in `log`. It does not inherit the `onsale` settings either.
    #[must_use]
    pub fn command(program: &Path, log: &Path) -> Self {
        Self::of(onsale(program), program, log)
    }

    /// Any other program, with its output in `log`.
    #[must_use]
    pub fn other(program: &Path, log: &Path) -> Self {
        Self::of(Command::new(program), program, log)
    }

    fn of(command: Command, program: &Path, log: &Path) -> Self {
        Self { command, program: program.into(), log: log.into(), announcement: ANNOUNCEMENT, limit: LIMIT }
    }

    /// Adds arguments.
    #[must_use]
    pub fn arguments<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets environment variables.
    #[must_use]
    pub fn environment<N: AsRef<OsStr>, V: AsRef<OsStr>>(mut self, all: impl IntoIterator<Item = (N, V)>) -> Self {
        self.command.envs(all);
        self
    }

    /// Sets the working folder; the default is that of this process.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets another log file.
    #[must_use]
    pub fn log(mut self, log: &Path) -> Self {
        self.log = log.into();
        self
    }

    /// Sets the text before the address in the log; the default is `listening on http://`.
    #[must_use]
    pub const fn announced_by(mut self, announcement: &'static str) -> Self {
        self.announcement = announcement;
        self
    }

    /// Sets the time limit to listen; the default is 60 s.
    #[must_use]
    pub const fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts the program and waits until it has printed its address.
    ///
    /// # Errors
    /// When it cannot be run, ends, or does not listen in time. It is then stopped.
    pub fn start(mut self) -> Result<Running> {
        if let Some(folder) = self.log.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(folder)
                .map_err(|error| LaunchError::log(&self.log, error))?;
        }
        let (log, output) = Log::open(&self.log)?;
        let errors = output.try_clone().map_err(|error| LaunchError::log(&self.log, error))?;
        self.command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = self.command.spawn();
        let child = child.map_err(|source| LaunchError::CannotRun { program: self.program.clone(), source })?;
        // From here on, dropping this value ends the process.
        let mut running = Running::new(child, log);
        let begun = Instant::now();
        loop {
            // Read after the state, so that the text includes the last output of an ended process.
            let ended = running.status()?;
            if let Some(address) = announced_address(&running.log(), self.announcement) {
                running.set_address(address);
                return Ok(running);
            }
            if let Some(status) = ended {
                return Err(LaunchError::Ended { status, log: running.log_tail() });
            }
            if begun.elapsed() > self.limit {
                return Err(LaunchError::NotListening { limit: self.limit, log: running.log_tail() });
            }
            std::thread::sleep(PAUSE);
        }
    }
}
