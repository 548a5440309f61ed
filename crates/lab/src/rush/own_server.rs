//! The temporary server: its folder, key, start and stop.

use super::client::Client;
use super::progress::print_line;
use super::target::Target;
use anyhow::{Context, ensure};
use launch::{Launch, LaunchError, Running, create_key};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const START_LIMIT: Duration = Duration::from_secs(20);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Shorter after a failure, so that the command ends soon.
const DROP_LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(10);
/// All requests come from one network, so the limits of rates per network are raised to this.
const UNLIMITED: &str = "1000000";

/// A running server. It is stopped when this value is dropped.
pub(super) struct OwnServer {
    running: Running,
    target: Target,
    admin_key: String,
    data: PathBuf,
    /// The folder to remove at the end; `None` when it is kept.
    _folder: Option<TempDir>,
}

impl OwnServer {
    /// Starts `program` on a free port with its data in a temporary folder and with these environment variables, and waits
    /// until it is ready.
    pub(super) fn start(program: &Path, keep_data: bool, environment: &[(&str, String)]) -> anyhow::Result<Self> {
        // The server runs in its own folder, so that it finds no configuration file of the current one.
        let program = if program.components().count() > 1 { std::path::absolute(program)? } else { program.to_owned() };
        let (folder, path) = folder(keep_data)?;
        let data = path.join("data");
        let admin_key =
            create_key(&program, &path, &data, &["--admin"]).context("cannot create an administrator's key")?;
        let limits = ["PER_IP_PER_SECOND", "PER_IP_BURST"].map(|name| (format!("ONSALE__LIMITS__{name}"), UNLIMITED));
        let launch = Launch::serve(&program, &data).folder(&path).log(&path.join("server.log"));
        // 0: without a limit. A real crowd comes from many networks.
        let shares = ["HTTP__MAX_CONNECTIONS_PER_NETWORK", "QUEUE__STREAMS_MAX_PER_NETWORK"];
        let shares = shares.map(|name| (format!("ONSALE__{name}"), "0"));
        let launch = launch
            .environment(limits)
            .environment(shares)
            .environment(environment.iter().map(|(name, value)| (name, value)));
        let running = launch.within(START_LIMIT).start()?;
        let target = Target::parse(&running.address().to_string())?;
        let mut server = Self { running, target, admin_key, data, _folder: folder };
        server.wait_until_ready()?;
        Ok(server)
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn admin_key(&self) -> &str {
        &self.admin_key
    }

    /// The data folder.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn process(&self) -> u32 {
        self.running.pid()
    }

    /// Stops the server, and waits until it has ended.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        match self.running.terminate(STOP_LIMIT) {
            Ok(status) => {
                ensure!(status.success(), "the server did not end cleanly: {status}");
                Ok(())
            }
            Err(error @ LaunchError::StillRunning(_)) => {
                self.running.kill()?;
                Err(error).context("the server did not stop and was killed")
            }
            Err(error) => Err(error.into()),
        }
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let give_up = Instant::now() + START_LIMIT;
        loop {
            let ready = Client::at_once(self.target.clone(), None).get("/health/ready");
            if ready.is_ok_and(|reply| reply.status == 200) {
                return Ok(());
            }
            if let Some(status) = self.running.status()? {
                return Err(LaunchError::Ended { status, log: self.running.log_tail() }.into());
            }
            let seconds = START_LIMIT.as_secs();
            let log = || self.running.log_tail();
            ensure!(Instant::now() < give_up, "the server was not ready within {seconds} s:\n{}", log());
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // A graceful stop first; then it is killed.
        if self.running.is_running() {
            let _ended = self.running.terminate(DROP_LIMIT);
        }
    }
}

/// Creates the server's folder. The first value removes it at the end; `None` when it is kept.
fn folder(is_kept: bool) -> anyhow::Result<(Option<TempDir>, PathBuf)> {
    let folder =
        tempfile::Builder::new().prefix("onsale-rush-").tempdir().context("cannot create a temporary folder")?;
    let path = folder.path().to_owned();
    if !is_kept {
        return Ok((Some(folder), path));
    }
    print_line(&format!("data and log are kept in {}", folder.keep().display()));
    Ok((None, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_cannot_serve_is_reported_with_its_output() {
        let refused = |program: &str| {
            let error = OwnServer::start(Path::new(program), false, &[]).err().expect("refused");
            format!("{error:#}")
        };
        assert!(refused("/no/such/program").contains("cannot run /no/such/program"));
        assert!(refused("false").contains("cannot create a key"));
        assert!(refused("true").contains("exactly one key"));
        // `echo` prints a line of several words.
        assert!(refused("echo").contains("exactly one key"));
    }
}
