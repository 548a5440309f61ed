//! NGINX with a configuration of the caller's.

use crate::account;
use crate::error::{KitError, Result};
use crate::install;
use crate::kit::Kit;
use crate::process::{Process, Spec, bare};
use crate::question::Question;
use crate::sql::run;
use rustix::process::Signal;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(30);
const CONFIG: &str = "nginx.conf";
/// Debian's is built with folders for these that only root can write to.
const TEMPORARY: [&str; 5] = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/// An NGINX server.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    program: PathBuf,
    ports: Vec<u16>,
}

impl Nginx {
    /// Starts NGINX with `main_config` as its whole configuration, in the shape of `nginx.conf`. It listens on ports of
    /// [`Kit::free_port`]. Its working folder is the server's own; the lines that an unprivileged server needs (process
    /// file, error log, temporary folders) are put in where they are missing.
    ///
    /// # Errors
    /// When it is not installed, is against the configuration, or does not answer.
    pub fn start(kit: &Kit, main_config: &str) -> Result<Self> {
        Self::start_in(kit, kit.claim("nginx")?, main_config)
    }

    /// The server of the kit's folder of that name, with that configuration: the one that runs, told to read it, or a
    /// new one.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn open(kit: &Kit, name: &str, main_config: &str) -> Result<Self> {
        let (folder, _order) = kit.place(name)?;
        Self::start_in(kit, folder, main_config)
    }

    fn start_in(kit: &Kit, folder: PathBuf, main_config: &str) -> Result<Self> {
        let program = install::nginx()?;
        let path = folder.join(CONFIG);
        std::fs::write(&path, complete(main_config)).map_err(|error| KitError::file(&path, &error))?;
        account::hand_over(&folder)?;
        let listens = listens_of(&program, &folder)?;
        let question =
            |(port, is_secure): &(u16, bool)| if *is_secure { Question::Tcp(*port) } else { Question::Http(*port) };
        let ports = listens.iter().map(|(port, _)| *port).collect();
        let mut spec = Spec::new("nginx", program.clone(), arguments(&folder));
        spec.arguments.extend(["-g".into(), "daemon off;".into()]);
        spec.asks = listens.iter().map(question).collect();
        spec.start_limit = START_LIMIT;
        let server = Self { process: Process::new(kit, &folder, spec), program, ports };
        if server.pid().is_some() {
            server.reload()?;
        }
        server.bring_up().map(|()| server)
    }

    /// Checks another configuration and lets the server take it over without losing a request. It must listen where the
    /// first did.
    ///
    /// # Errors
    /// When NGINX is against it; then the old one holds.
    pub fn configure(&self, main_config: &str) -> Result<()> {
        let path = self.folder().join(CONFIG);
        let old = std::fs::read(&path).map_err(|error| KitError::file(&path, &error))?;
        std::fs::write(&path, complete(main_config)).map_err(|error| KitError::file(&path, &error))?;
        if let Err(error) = listens_of(&self.program, self.folder()) {
            std::fs::write(&path, old).map_err(|error| KitError::file(&path, &error))?;
            return Err(error);
        }
        self.reload()
    }

    /// Lets it read its configuration again: new workers start, old ones end with their last request.
    ///
    /// # Errors
    /// When it does not run.
    pub fn reload(&self) -> Result<()> {
        self.process.signal(Signal::HUP)
    }

    /// Where it listens.
    #[must_use]
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }
}

impl Deref for Nginx {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn arguments(folder: &Path) -> Vec<std::ffi::OsString> {
    vec!["-p".into(), folder.into(), "-c".into(), folder.join(CONFIG).into(), "-e".into(), "stderr".into()]
}

/// The configuration with what an unprivileged server in a folder of its own needs.
fn complete(config: &str) -> String {
    let has = |name: &str| config.lines().any(|line| line.trim_start().starts_with(&format!("{name} ")));
    let mut text = String::new();
    for (name, line) in [("pid", "pid nginx.pid;\n"), ("error_log", "error_log stderr;\n")] {
        if !has(name) {
            text.push_str(line);
        }
    }
    let Some((before, after)) = config.split_once("http {") else { return text + config };
    text.push_str(before);
    text.push_str("http {\n");
    for name in TEMPORARY.iter().filter(|name| !has(&format!("{name}_temp_path"))) {
        text.push_str(&format!("    {name}_temp_path {name}_temp;\n"));
    }
    if !has("access_log") {
        text.push_str("    access_log off;\n");
    }
    text + after
}

/// Lets NGINX check its configuration and print it with all that it includes; where it says that it will listen.
fn listens_of(program: &Path, folder: &Path) -> Result<Vec<(u16, bool)>> {
    let mut check = bare(program, folder);
    check.args(arguments(folder)).arg("-T");
    account::lower(&mut check)?;
    let text = run(&mut check).map_err(KitError::failed)?;
    let mut found: Vec<_> = text.lines().filter_map(listen).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// `listen 127.0.0.1:8443 ssl;`
fn listen(line: &str) -> Option<(u16, bool)> {
    let words = line.trim().strip_prefix("listen ")?.split(';').next()?;
    let mut words = words.split_whitespace();
    let address = words.next()?;
    let port = address.rsplit_once(':').map_or(address, |(_, port)| port).parse().ok()?;
    Some((port, words.any(|word| word == "ssl")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_put_in() {
        let text = complete("worker_processes 1;\nevents {}\nhttp {\n    proxy_temp_path mine;\n}\n");
        assert!(text.starts_with("pid nginx.pid;\nerror_log stderr;\nworker_processes 1;\n"));
        assert!(text.contains("http {\n    client_body_temp_path client_body_temp;\n"));
        assert_eq!(text.matches("proxy_temp_path").count(), 1);
    }

    #[test]
    fn ports_are_found() {
        assert_eq!(listen("    listen 127.0.0.1:8080;"), Some((8080, false)));
        assert_eq!(listen("listen 8443 ssl reuseport; # all"), Some((8443, true)));
        assert_eq!(listen("listen unix:/run/x;"), None);
        assert_eq!(listen("listener 1;"), None);
    }
}
