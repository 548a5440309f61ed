//! A server of the built program with a data folder of its own.

use super::PATIENCE;
use super::command::program;
use crate::http::Client;
use launch::{Launch, Running, Signal};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Only warnings: the log of a failed test is printed.
/// With passwords that are hashed quickly: a test starts a server to see something else.
pub(super) const QUIET: [(&str, &str); 3] =
    [("ONSALE__LOG__LEVEL", "warn"), ("ONSALE__LOG__ACCESS", "false"), ("ONSALE__USER__BCRYPT_COST", "4")];

/// A running server, killed when dropped. When the test fails, the end of its log is printed with the failure.
#[derive(Debug)]
pub struct Server {
    running: Running,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts on a free port and waits until it listens. Rate limits are off unless `environment` turns them on.
    ///
    /// # Panics
    /// When it does not listen.
    #[must_use]
    #[track_caller]
    pub fn start(data: &Path, environment: &[(&str, &str)]) -> Self {
        Self::open(Launch::serve(&program(), data), environment)
    }

    /// As [`start`](Self::start), at this address.
    ///
    /// # Panics
    /// When it does not listen.
    #[must_use]
    #[track_caller]
    pub fn start_at(listen: &str, data: &Path, environment: &[(&str, &str)]) -> Self {
        Self::open(Launch::serve_at(&program(), data, listen), environment)
    }

    /// As [`start`](Self::start), with this role alone.
    ///
    /// # Panics
    /// When it does not listen.
    #[must_use]
    #[track_caller]
    pub fn start_role(role: &str, data: &Path, environment: &[(&str, &str)]) -> Self {
        Self::open(Launch::serve(&program(), data).arguments([role]), environment)
    }

    /// As [`start_role`](Self::start_role), on this port: for roles that call each other.
    ///
    /// # Panics
    /// When it does not listen.
    #[must_use]
    #[track_caller]
    pub fn start_role_on(role: &str, port: u16, data: &Path, environment: &[(&str, &str)]) -> Self {
        let listen = format!("127.0.0.1:{port}");
        Self::open(Launch::serve_at(&program(), data, &listen).arguments([role]), environment)
    }

    /// `onsale sandbox`, with its books in `data`.
    ///
    /// # Panics
    /// When it does not listen.
    #[must_use]
    #[track_caller]
    pub fn start_sandbox(data: &Path) -> Self {
        let launch = Launch::command(&program(), &data.join("sandbox.log"));
        Self::open(launch.arguments(["sandbox", "--listen", "127.0.0.1:0", "--data"]).arguments([data]), &[])
    }

    /// As [`start_sandbox`](Self::start_sandbox), which takes mail at this address.
    ///
    /// # Panics
    /// When it does not listen.
    #[must_use]
    #[track_caller]
    pub fn start_sandbox_with_mail(data: &Path, mail: SocketAddr) -> Self {
        let (launch, mail) = (Launch::command(&program(), &data.join("sandbox.log")), mail.to_string());
        let launch = launch.arguments(["sandbox", "--listen", "127.0.0.1:0", "--mail", mail.as_str(), "--data"]);
        Self::open(launch.arguments([data]), &[])
    }

    #[track_caller]
    fn open(launch: Launch, environment: &[(&str, &str)]) -> Self {
        // A working folder without onsale.toml.
        let launch = launch.folder(&std::env::temp_dir()).environment(QUIET);
        let launch = launch.environment([("ONSALE__LIMITS__ENABLED", "false")]);
        let started = launch.environment(environment.iter().copied()).within(PATIENCE).start();
        let running = started.unwrap_or_else(|error| panic!("{error}"));
        Self { address: running.address(), running }
    }

    /// A client without a key.
    #[must_use]
    pub const fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// Everything the server has printed since it started.
    #[must_use]
    pub fn log(&self) -> String {
        self.running.log()
    }

    /// `SIGKILL`. Returns the server's log.
    pub fn kill(&mut self) -> String {
        let _ = self.running.kill();
        self.log()
    }

    /// `SIGTERM`, and waits until the server has ended. Returns its exit status, none when a signal ended it.
    ///
    /// # Panics
    /// When it does not end.
    #[track_caller]
    pub fn terminate(&mut self) -> Option<i32> {
        self.signal_terminate();
        self.wait()
    }

    /// `SIGTERM`, without waiting.
    ///
    /// # Panics
    /// When the server has ended.
    #[track_caller]
    pub fn signal_terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// `SIGSTOP`: its connections stay open and no reply comes.
    ///
    /// # Panics
    /// When the server has ended.
    #[track_caller]
    pub fn stall(&self) {
        self.signal(Signal::STOP);
    }

    /// `SIGCONT`, after [`stall`](Self::stall).
    ///
    /// # Panics
    /// When the server has ended.
    #[track_caller]
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    #[track_caller]
    fn signal(&self, signal: Signal) {
        self.running.signal(signal).expect("the server runs");
    }

    /// Waits until the server has ended. Returns its exit status, none when a signal ended it.
    ///
    /// # Panics
    /// When it does not end.
    #[track_caller]
    pub fn wait(&mut self) -> Option<i32> {
        self.wait_within(PATIENCE)
    }

    /// As [`wait`](Self::wait), for as long as this.
    ///
    /// # Panics
    /// When it does not end.
    #[track_caller]
    pub fn wait_within(&mut self, limit: Duration) -> Option<i32> {
        self.running.wait(limit).unwrap_or_else(|error| panic!("{error}")).code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the end of the log of the server at {}:\n{}", self.address, self.running.log_tail());
        }
    }
}
