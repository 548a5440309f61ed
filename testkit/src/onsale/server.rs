//! The built program as a process of its own, with a folder of its own.
#![allow(dead_code, reason = "each test program uses a part of it")]

use crate::http::Client;
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything here may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program with its data folder and arguments; nothing of this shell's own configuration.
pub fn onsale(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onsale"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ONSALE__")) {
        command.env_remove(name);
    }
    // A folder without onsale.toml.
    command.args(arguments).arg("--data").arg(data).current_dir(std::env::temp_dir());
    command.env("ONSALE__LOG__LEVEL", "warn").env("ONSALE__LOG__ACCESS", "false");
    command
}

/// Runs a command to its end.
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    onsale(data, arguments).output().expect("the program starts")
}

/// A new key for `owner`, such as `["--tenant", "acme"]`.
pub fn make_key(data: &Path, owner: &[&str]) -> String {
    let output = run(data, &[&["admin", "keys", "create"], owner].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    errors: Option<JoinHandle<String>>,
}

impl Server {
    /// Starts on a free port and waits until it listens.
    pub fn start(data: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_at("127.0.0.1:0", data, environment)
    }

    /// Starts at an address and waits until it listens.
    pub fn start_at(listen: &str, data: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = onsale(data, &["serve", "--listen", listen]);
        command.env("ONSALE__LIMITS__ENABLED", "false").envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let (output, mut errors) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("listening on http://") {
                    let _ = tell.send(address.trim().parse().expect("an address"));
                }
            }
        });
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), errors: Some(errors) };
        match told.recv_timeout(PATIENCE) {
            Ok(address) => server.address = address,
            Err(_) => panic!("the server did not listen: {}", server.kill()),
        }
        server
    }

    /// A client without a key.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`. What it had said on standard error.
    pub fn kill(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.errors.take().map(|reader| reader.join().expect("reads")).unwrap_or_default()
    }

    /// Asks it to stop and waits until it has. Its exit status.
    pub fn terminate(&mut self) -> Option<i32> {
        self.signal_terminate();
        self.wait()
    }

    /// Asks it to stop.
    pub fn signal_terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Holds it in the middle of whatever it does: its connections stay open and nobody answers.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let process = rustix::process::Pid::from_raw(self.pid() as i32).expect("a process");
        rustix::process::kill_process(process, signal).expect("ours to signal");
    }

    /// Waits until it has ended. Its exit status.
    pub fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("ours to wait for") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server did not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A server with a folder and an administrator's key.
pub struct World {
    pub server: Server,
    pub admin_key: String,
    pub folder: TempDir,
}

impl World {
    /// Without limits, with everything else as in the demo.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// With further configuration.
    pub fn with(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let admin_key = make_key(folder.path(), &["--admin"]);
        let server = Server::start(folder.path(), environment);
        Self { server, admin_key, folder }
    }

    /// A client without a key.
    pub fn anyone(&self) -> Client {
        self.server.client()
    }

    /// An administrator.
    pub fn admin(&self) -> Client {
        self.anyone().with("X-Api-Key", &self.admin_key)
    }

    /// A new key's client; `owner` as for [`make_key`].
    pub fn keyed(&self, owner: &[&str]) -> Client {
        let key = make_key(self.folder.path(), owner);
        let client = self.anyone().with("X-Api-Key", &key);
        // Unknown keys are looked up at most twice a second, so a new one may have to wait its turn.
        wait_until("the key works", || client.get("/api/v1/admin/campaigns").status != 401);
        client
    }

    /// Runs a command on the same folder.
    pub fn run(&self, arguments: &[&str]) -> Output {
        run(self.folder.path(), arguments)
    }
}

/// Waits for a condition.
pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
