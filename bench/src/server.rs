//! A server under measurement: started, weighed, ended.

use crate::processes::{cpu_seconds, family};
use anyhow::Context;
use launch::{Launch, Running};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use testkit::http::Client;

/// A full journal is handed over before a server ends.
const STOP_LIMIT: Duration = Duration::from_secs(300);
const CALL_LIMIT: Duration = Duration::from_secs(60);
const LOG_LIMIT: Duration = Duration::from_secs(60);

/// A running server.
pub struct Server {
    running: Running,
    /// Where it listens.
    pub address: SocketAddr,
    /// Processes that it depends on, whose processor time is weighed apart from its own.
    behind: Vec<u32>,
    folder: tempfile::TempDir,
}

/// A temporary data folder on the disk that results are kept on; a file system in memory would flatter us.
pub fn folder() -> anyhow::Result<tempfile::TempDir> {
    let beside_the_program = std::env::current_exe()?.parent().context("no folder")?.to_owned();
    Ok(tempfile::Builder::new().prefix("onsale-bench-").tempdir_in(beside_the_program)?)
}

impl Server {
    /// Starts `onsale serve` on an empty folder and waits until it listens.
    pub fn serve(program: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::serve_in(folder()?, program, environment)
    }

    /// As [`Server::serve`], with a data folder that exists already.
    pub fn serve_in(folder: tempfile::TempDir, program: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let launch = Launch::serve(program, folder.path()).environment(environment.iter().copied());
        Self::start(folder, launch)
    }

    /// Starts this program again as the server that one of its other subcommands is.
    pub fn own(words: &[&str]) -> anyhow::Result<Self> {
        let folder = folder()?;
        let launch = Launch::other(&std::env::current_exe()?, &folder.path().join("server.log")).arguments(words);
        Self::start(folder, launch)
    }

    /// Starts uvicorn and waits until it has printed its address.
    pub fn uvicorn(program: &Path, words: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = folder()?;
        let launch = Launch::other(program, &folder.path().join("server.log")).announced_by("running on http://");
        Self::start(folder, launch.arguments(words).environment(environment.iter().copied()))
    }

    fn start(folder: tempfile::TempDir, launch: Launch) -> anyhow::Result<Self> {
        let running = launch.start()?;
        Ok(Self { address: running.address(), running, behind: Vec::new(), folder })
    }

    /// Waits until the server has printed `text` this many times.
    pub fn wait_until_printed(&self, text: &str, times: usize) -> anyhow::Result<()> {
        testkit::until("the server's log", LOG_LIMIT, || {
            let count = self.running.log().matches(text).count();
            if count >= times { Ok(()) } else { Err(format!("{text:?} stands in it {count} times, not {times}")) }
        })?;
        Ok(())
    }

    /// Weighs these processes, too, apart from the server's own.
    pub fn lean_on(&mut self, processes: impl IntoIterator<Item = u32>) {
        self.behind.extend(processes);
    }

    /// Processor time so far in seconds, user and system together, of the server and its child processes.
    pub fn cpu_seconds(&self) -> f64 {
        cpu_seconds(&family(self.running.pid()))
    }

    /// The same of the processes that it depends on.
    pub fn cpu_seconds_behind(&self) -> f64 {
        cpu_seconds(&self.behind)
    }

    /// Memory held in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.running.pid())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
    }

    /// One request; the body of the reply.
    pub fn ask(&self, method: &str, path: &str) -> anyhow::Result<String> {
        ask(self.address, method, path)
    }

    /// One figure of `/metrics`.
    pub fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let text = self.ask("GET", "/metrics")?;
        let line = text.lines().find(|line| line.starts_with(name) && line[name.len()..].starts_with(' '));
        let line = line.with_context(|| format!("no metric {name}"))?;
        Ok(line[name.len()..].trim().parse()?)
    }

    /// Ends it in good order and returns its data folder.
    pub fn stop(mut self) -> anyhow::Result<tempfile::TempDir> {
        self.running.terminate(STOP_LIMIT)?;
        Ok(std::mem::replace(&mut self.folder, folder()?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // In good order: uvicorn ends its workers only then.
        if self.running.is_running() {
            let _ = self.running.terminate(STOP_LIMIT);
        }
    }
}

/// One request on a connection of its own; the body of the reply.
pub fn ask(address: SocketAddr, method: &str, path: &str) -> anyhow::Result<String> {
    Ok(call(address, method, path, None, "")?.1)
}

/// As [`ask`], with a key and a body of JSON; the status and the body of the reply.
pub fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> anyhow::Result<(u16, String)> {
    let client = Client::new(address);
    let client = key.map_or_else(|| client.clone(), |key| client.with("X-Api-Key", key));
    let body = (!body.is_empty()).then_some(body.as_bytes());
    let reply = client.try_call(method, path, body, CALL_LIMIT)?;
    Ok((reply.status, reply.text()))
}
