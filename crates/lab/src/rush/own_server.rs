//! A server of our own: its folder, its key, its beginning and its end.

use super::client::Client;
use super::progress::say;
use super::target::Target;
use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const START_PATIENCE: Duration = Duration::from_secs(20);
const STOP_PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(10);
/// One machine is everyone here, so the limits per address must not be in the way.
const UNLIMITED: &str = "1000000";
const LISTENING: &str = "listening on http://";

/// A running server that ends with this value.
pub(super) struct OwnServer {
    child: Child,
    target: Target,
    admin_key: String,
    /// Removed at the end, unless it is kept.
    _folder: Option<TempDir>,
}

impl OwnServer {
    /// Starts `program` on a free port with its data in a temporary folder and this in its environment, and waits until
    /// it is ready.
    pub(super) fn start(program: &Path, keep_data: bool, environment: &[(&str, String)]) -> anyhow::Result<Self> {
        // The server runs in its own folder, so that no configuration file of the present one is found.
        let program = if program.components().count() > 1 { std::path::absolute(program)? } else { program.to_owned() };
        let folder = tempfile::Builder::new().prefix("onsale-rush-").tempdir().context("a temporary folder")?;
        let path = folder.path().to_owned();
        let folder = if keep_data {
            say(&format!("data and log are kept in {}", folder.keep().display()));
            None
        } else {
            Some(folder)
        };
        let admin_key = create_key(&program, &path)?;
        let log_path = path.join("server.log");
        let child = spawn(&program, &path, &log_path, environment)?;
        // From here on the child is ended whatever happens.
        let mut server = Self { child, target: Target::parse("127.0.0.1:1")?, admin_key, _folder: folder };
        server.wait_until_ready(&log_path)?;
        Ok(server)
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn admin_key(&self) -> &str {
        &self.admin_key
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asks the server to end, and waits until it has.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        self.end(STOP_PATIENCE)
    }

    fn wait_until_ready(&mut self, log_path: &Path) -> anyhow::Result<()> {
        let give_up = Instant::now() + START_PATIENCE;
        loop {
            let log = std::fs::read_to_string(log_path).unwrap_or_default();
            if let Some(address) = listening_address(&log) {
                self.target = Target::parse(address)?;
                let ready = Client::at_once(self.target.clone(), None).get("/health/ready");
                if ready.is_ok_and(|reply| reply.status == 200) {
                    return Ok(());
                }
            }
            let ended = self.child.try_wait().context("the server's state")?;
            ensure!(ended.is_none(), "the server ended at once ({}):\n{}", describe(ended), tail(&log));
            let seconds = START_PATIENCE.as_secs();
            ensure!(Instant::now() < give_up, "the server was not ready within {seconds} s:\n{}", tail(&log));
            std::thread::sleep(LOOK);
        }
    }

    fn end(&mut self, patience: Duration) -> anyhow::Result<()> {
        if self.child.try_wait().context("the server's state")?.is_some() {
            bail!("the server had ended before it was asked to");
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("SIGTERM")?;
        let give_up = Instant::now() + patience;
        while Instant::now() < give_up {
            if let Some(status) = self.child.try_wait().context("the server's state")? {
                ensure!(status.success(), "the server did not end cleanly: {status}");
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
        self.child.kill().context("SIGKILL")?;
        self.child.wait().context("the server's end")?;
        bail!("the server did not end within {} s of SIGTERM and was killed", patience.as_secs());
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Nothing more can be done here about a server that will not end.
            let _ended = self.end(Duration::from_secs(5));
        }
    }
}

fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    // Settings meant for the person's own server would bend the measurement.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ONSALE_") {
            command.env_remove(name);
        }
    }
    command
}

fn data_folder(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn create_key(program: &Path, folder: &Path) -> anyhow::Result<String> {
    let output = command(program, folder)
        .args(["admin", "keys", "create", "--admin", "--data"])
        .arg(data_folder(folder))
        .output()
        .with_context(|| format!("{} can not be run", program.display()))?;
    let key = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "an administrator's key could not be made ({}): {complaint}", output.status);
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    ensure!(plain, "an administrator's key was expected alone on the output, not {key:?}");
    Ok(key)
}

fn spawn(program: &Path, folder: &Path, log_path: &Path, environment: &[(&str, String)]) -> anyhow::Result<Child> {
    let log = File::create(log_path).context("the server's log")?;
    command(program, folder)
        .arg("serve")
        .arg("--data")
        .arg(data_folder(folder))
        .args(["--listen", "127.0.0.1:0"])
        .env("ONSALE__LIMITS__PER_IP_PER_SECOND", UNLIMITED)
        .env("ONSALE__LIMITS__PER_IP_BURST", UNLIMITED)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdout(log.try_clone().context("the server's log")?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("{} can not be run", program.display()))
}

/// The address in a whole line that says `listening on http://ADDRESS`.
fn listening_address(log: &str) -> Option<&str> {
    let (_, rest) = log.split_once(LISTENING)?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".:-[]".contains(c)))?;
    Some(&rest[..end])
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

fn describe(status: Option<std::process::ExitStatus>) -> String {
    status.map(|status| status.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_plain_and_in_json_logs() {
        assert_eq!(listening_address("a\nINFO listening on http://127.0.0.1:4821\n"), Some("127.0.0.1:4821"));
        assert_eq!(
            listening_address(r#"{"message":"listening on http://127.0.0.1:4821","x":1}"#),
            Some("127.0.0.1:4821")
        );
        assert_eq!(listening_address("listening on http://127.0.0.1:48"), None, "the line is not whole yet");
        assert_eq!(listening_address("starting\n"), None);
    }

    #[test]
    fn a_program_that_can_not_serve_is_told_with_its_own_words() {
        let refused =
            |program: &str| OwnServer::start(Path::new(program), false, &[]).err().expect("refused").to_string();
        assert!(refused("/no/such/program").contains("/no/such/program can not be run"));
        assert!(refused("false").contains("could not be made"));
        assert!(refused("true").contains("expected alone on the output"));
        // `echo` prints a line of several words, and `printenv` complains of its arguments.
        assert!(refused("echo").contains("expected alone on the output"));
    }
}
