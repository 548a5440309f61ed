//! A server under measurement: started, found, weighed, stopped by its own id.

use crate::processes::{cpu_seconds, family};
use anyhow::{Context, bail};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Processes that it leans on, whose processor time is weighed apart from its own.
    behind: Vec<u32>,
    folder: tempfile::TempDir,
}

/// What a server prints.
const LOG: &str = "bench.log";

/// A temporary data folder on the disk that results are kept on; memory file systems would flatter us.
pub fn folder() -> anyhow::Result<tempfile::TempDir> {
    let beside_the_program = std::env::current_exe()?.parent().context("no folder")?.to_owned();
    Ok(tempfile::Builder::new().prefix("onsale-bench-").tempdir_in(beside_the_program)?)
}

impl Server {
    /// Starts `program` and waits until it says where it listens.
    pub fn start(program: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_in(folder()?, program, arguments, environment)
    }

    /// As [`Server::start`], with a data folder that is there already.
    pub fn start_in(
        folder: tempfile::TempDir,
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let log = folder.path().join(LOG);
        let out = File::create(&log)?;
        let mut command = Command::new(program);
        command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null());
        if arguments.first() == Some(&"serve") {
            command.arg("--data").arg(folder.path());
        }
        let child = command.stdout(out.try_clone()?).stderr(out).spawn().context("the server can not be started")?;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { child, address: nowhere, behind: Vec::new(), folder };
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            if let Some(address) = text.split_once("http://").and_then(|(_, rest)| rest.split_once(char::is_whitespace))
            {
                server.address = address.0.parse().context("the server's address")?;
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended at once ({status}):\n{text}");
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        bail!("the server did not start in time; see {}", log.display())
    }

    /// Waits until the server has printed `text` so many times.
    pub fn wait_until_said(&self, text: &str, times: usize) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            let log = std::fs::read_to_string(self.folder.path().join(LOG))?;
            if log.matches(text).count() >= times {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the server has not said {text:?} {times} times")
    }

    /// Weighs these processes, too, apart from the server's own.
    pub fn lean_on(&mut self, processes: impl IntoIterator<Item = u32>) {
        self.behind.extend(processes);
    }

    /// Processor time so far in seconds, user and system together, of the server and what it has started.
    pub fn cpu_seconds(&self) -> f64 {
        cpu_seconds(&family(self.child.id()))
    }

    /// The same of what it leans on.
    pub fn cpu_seconds_behind(&self) -> f64 {
        cpu_seconds(&self.behind)
    }

    /// Memory held in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
    }

    /// One request, one answer: the body.
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

    /// Stops it and gives its data folder back.
    pub fn stop(mut self) -> anyhow::Result<tempfile::TempDir> {
        self.end();
        Ok(std::mem::replace(&mut self.folder, folder()?))
    }

    fn end(&mut self) {
        if let Some(id) = rustix::process::Pid::from_raw(self.child.id() as i32) {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// One request over a connection of its own; the body of the answer.
pub fn ask(address: SocketAddr, method: &str, path: &str) -> anyhow::Result<String> {
    Ok(call(address, method, path, None, "")?.1)
}

/// As [`ask`], with a key and a body of JSON; the status and the body of the answer.
pub fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let key = key.map(|key| format!("X-Api-Key: {key}\r\n")).unwrap_or_default();
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n{key}{kind}Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
    Ok((status, body.to_owned()))
}
