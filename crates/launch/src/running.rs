//! A running server.

use crate::error::{LaunchError, Result};
use crate::log::Log;
use rustix::process::{Pid, Signal, kill_process};
use std::net::SocketAddr;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(5);

/// A running server. It is killed when this value is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    address: SocketAddr,
    log: Log,
}

impl Running {
    pub(crate) fn new(child: Child, log: Log) -> Self {
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), log }
    }

    pub(crate) const fn set_address(&mut self, address: SocketAddr) {
        self.address = address;
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The output of this start, from standard output and standard error.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// The last lines of the output.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.log.tail()
    }

    /// Its exit status; `None` while it runs.
    ///
    /// # Errors
    /// When the operating system does not report it.
    pub fn status(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().map_err(LaunchError::Process)
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.status(), Ok(None))
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.child), signal).map_err(|error| LaunchError::Process(error.into()))
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// [`LaunchError::StillRunning`] after `limit`; the server then keeps running.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.status()? {
                return Ok(status);
            }
            if begun.elapsed() > limit {
                return Err(LaunchError::StillRunning(limit));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Sends `SIGTERM`, and waits until it has ended.
    ///
    /// # Errors
    /// When it had already ended, or still runs after `limit`.
    pub fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.status()? {
            return Err(LaunchError::AlreadyEnded(status));
        }
        self.signal(Signal::TERM)?;
        self.wait(limit)
    }

    /// Sends `SIGKILL`, and waits until it has ended. Killing an ended server is no error.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.child.kill().map_err(LaunchError::Process)?;
        self.child.wait().map_err(LaunchError::Process)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
