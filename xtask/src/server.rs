//! A server for as long as a command needs one.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running server of ours; ends when dropped.
pub struct Server {
    child: Child,
    /// `http://ADDRESS`.
    pub url: String,
}

impl Server {
    /// Starts `program serve` on a free port with its data and its working folder in `folder`.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(program: &Path, folder: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--data", "data", "--listen", "127.0.0.1:0"]).current_dir(folder);
        // The log would drown what there is to see; warnings stay.
        command.env("ONSALE__LOG__LEVEL", "warn").envs(environment.iter().copied());
        let child = command.stdout(Stdio::piped()).spawn();
        let mut server = Self { child: child.context("the server could not be started")?, url: String::new() };
        let output = server.child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        for line in &mut lines {
            if let Some((_, url)) = line?.split_once("listening on ") {
                server.url = url.trim().to_owned();
                // What else it prints must not fill the pipe and stop it.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(server);
            }
        }
        bail!("the server ended before it listened; what it printed above says why")
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
