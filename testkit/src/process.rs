//! One server process: started, watched, stalled, ended, started again.

use crate::error::{KitError, Result};
use crate::facts::Facts;
use crate::kit::Kit;
use crate::procfs::Identity;
use crate::question::{self, Question};
use crate::{account, sql, wait};
use rustix::process::Signal;
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The file in a server's folder that names its process.
pub(crate) const PROCESS_FILE: &str = "process";
/// The file in a server's folder that holds all it ever printed.
const LOG_FILE: &str = "log";
/// Lines of the log in an error's text.
const LOG_TAIL_LINES: usize = 25;
/// A killed process is gone within milliseconds, unless the disk holds it up.
const END_LIMIT: Duration = Duration::from_secs(20);
/// Waits until the kit's owner has ended, however it ended, for the kernel then lets go of the owner's lock on "alive";
/// then ends the server's process group, of which it is a member, so that the group's number cannot be another's.
const WATCH: &str = "flock -s \"$1\" true; kill -KILL 0";

/// The longest start of any server here on a busy machine, the replay of its log included.
const START_LIMIT: Duration = Duration::from_secs(60);

/// When a process that was started counts as up.
#[derive(Clone, Debug)]
pub(crate) enum Ready {
    /// When it runs.
    Runs,
    /// When it answers wherever it can be asked.
    Answers,
    /// When it also runs a statement of a client.
    Obeys(sql::Client),
}

/// The program to start.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(String, OsString)>,
    /// The signal that asks it to end in good order.
    pub(crate) stop: Signal,
    /// Where it can be asked whether it answers.
    pub(crate) asks: Vec<Question>,
    pub(crate) ready: Ready,
    pub(crate) start_limit: Duration,
    /// A file that would make it believe that it runs already; removed before the start.
    pub(crate) stale: Option<PathBuf>,
}

impl Spec {
    /// A program with arguments and nothing else out of the ordinary, up when it answers.
    pub(crate) fn new<S: Into<OsString>>(name: &str, program: PathBuf, arguments: impl IntoIterator<Item = S>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self {
            name: name.to_owned(),
            program,
            arguments,
            environment: Vec::new(),
            stop: Signal::TERM,
            asks: Vec::new(),
            ready: Ready::Answers,
            start_limit: START_LIMIT,
            stale: None,
        }
    }
}

#[derive(Debug)]
struct Running {
    identity: Identity,
    /// None when another process started it.
    child: Option<Child>,
    watcher: Option<Child>,
}

/// A server process in a folder of its own, and what every server's handle can do with it. It ends with its handle, unless it
/// belongs to a kit that outlives its owner.
#[derive(Debug)]
pub struct Process {
    kit: Kit,
    folder: PathBuf,
    spec: Spec,
    running: Mutex<Option<Running>>,
}

impl Process {
    /// The server of a folder: the one that runs there already, or none yet.
    pub(crate) fn new(kit: &Kit, folder: &Path, spec: Spec) -> Self {
        let running = recorded(folder).filter(|identity| identity.is_running());
        let running = running.map(|identity| Running { identity, child: None, watcher: None });
        Self { kit: kit.clone(), folder: folder.to_owned(), spec, running: Mutex::new(running) }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its folder, with its log and its configuration.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its process number, while it runs; of several processes that of the first.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.identity().map(|identity| identity.pid)
    }

    pub(crate) fn identity(&self) -> Option<Identity> {
        let running = self.running();
        running.as_ref().map(|running| running.identity).filter(|identity| identity.is_running())
    }

    /// Starts it if it does not run, and waits until it is up.
    pub(crate) fn bring_up(&self) -> Result<()> {
        if self.identity().is_none() {
            self.launch()?;
        }
        let answered = wait::until(&self.spec.name, self.spec.start_limit, || match (self.identity(), self.is_up()) {
            (Some(_), outcome) => outcome.map(|()| true),
            (None, _) => Ok(false),
        });
        match answered {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.with_log(format!("{} ended instead of starting", self.spec.name))),
            Err(error) => Err(self.with_log(error.to_string())),
        }
    }

    fn is_up(&self) -> std::result::Result<(), String> {
        let answers = || self.spec.asks.iter().try_for_each(Question::ask);
        match &self.spec.ready {
            Ready::Runs => Ok(()),
            Ready::Answers => answers(),
            Ready::Obeys(client) => answers().and_then(|()| client.run("select 1").map(drop)),
        }
    }

    fn launch(&self) -> Result<()> {
        self.reap();
        if let Some(stale) = &self.spec.stale {
            let _ = std::fs::remove_file(stale);
        }
        let log = self.folder.join(LOG_FILE);
        let open = File::options().create(true).append(true).open(&log);
        let output = open.map_err(|error| KitError::file(&log, &error))?;
        let errors = output.try_clone().map_err(|error| KitError::file(&log, &error))?;
        let mut command = bare(&self.spec.program, &self.folder);
        command.args(&self.spec.arguments).envs(self.spec.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
        account::lower(&mut command)?;
        let child = command.spawn().map_err(|error| {
            KitError::failed(format!("{}: {} cannot be started: {error}", self.spec.name, self.spec.program.display()))
        })?;
        self.keep(child)
    }

    /// Remembers the process, here and in its folder, and sets the watcher on it.
    fn keep(&self, child: Child) -> Result<()> {
        let pid = child.id();
        let lost = || KitError::failed(format!("{}: its process {pid} does not appear in /proc", self.spec.name));
        let identity = Identity::of(pid).ok_or_else(lost)?;
        *self.running() = Some(Running { identity, child: Some(child), watcher: None });
        let stop = self.spec.stop.as_raw().to_string();
        let start_ticks = identity.start_ticks.to_string();
        let name = self.spec.name.clone();
        let asks = question::write(&self.spec.asks);
        let pid_fact = ("pid", pid.to_string());
        let facts = [pid_fact, ("start_ticks", start_ticks), ("stop", stop), ("name", name), ("asks", asks)];
        Facts::write(&self.folder.join(PROCESS_FILE), &facts)?;
        let Some(alive) = self.kit.alive() else { return Ok(()) };
        let group = i32::try_from(pid).map_err(|_| lost())?;
        let mut command = bare(Path::new("sh"), Path::new("/"));
        command.args(["-c", WATCH, "watcher"]).arg(alive).process_group(group);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let watcher = quiet
            .spawn()
            .map_err(|error| KitError::failed(format!("{}: no watcher could be set on it: {error}", self.spec.name)))?;
        if let Some(running) = self.running().as_mut() {
            running.watcher = Some(watcher);
        }
        Ok(())
    }

    /// Sends a signal to it and to its child processes, and returns them.
    fn signal_all(&self, signal: Signal) -> Result<Vec<Identity>> {
        let Some(identity) = self.identity() else {
            return Err(KitError::failed(format!("{} does not run", self.spec.name)));
        };
        let family = identity.with_descendants();
        for member in &family {
            member.signal(signal);
        }
        Ok(family)
    }

    /// `SIGKILL`, to it and its child processes; returns when they are gone. Killing a server that does not run is no
    /// error.
    ///
    /// # Errors
    /// When a process outlives that.
    pub fn kill(&self) -> Result<()> {
        if let Some(identity) = self.identity() {
            end(&self.spec.name, &identity.with_descendants())?;
        }
        self.reap();
        Ok(())
    }

    /// `SIGSTOP`, to it and all it started: it keeps its connections and does nothing. Returns when that is so: the signal
    /// is sent at once, and on a busy machine a thread may answer one more question before it stops.
    ///
    /// # Errors
    /// When it does not run, or does not stop.
    pub fn stall(&self) -> Result<()> {
        let family = self.signal_all(Signal::STOP)?;
        wait::until(&self.spec.name, END_LIMIT, || {
            let moving = family.iter().filter(|member| !member.stands_still()).count();
            if moving == 0 { Ok(()) } else { Err(format!("{moving} processes go on after SIGSTOP")) }
        })
    }

    /// Goes on after [`stall`](Self::stall).
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self) -> Result<()> {
        self.signal_all(Signal::CONT).map(drop)
    }

    /// Kills it if it runs, starts it on the same data, and returns when it is up.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&self) -> Result<()> {
        self.kill()?;
        self.bring_up()
    }

    /// Any other signal to the process alone.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let is_sent = self.identity().is_some_and(|identity| identity.signal(signal));
        is_sent.then_some(()).ok_or_else(|| KitError::failed(format!("{} does not run", self.spec.name)))
    }

    /// Forgets a process that has ended.
    fn reap(&self) {
        let Some(running) = self.running().take() else { return };
        for mut child in running.watcher.into_iter().chain(running.child) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Everything it ever printed.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.join(LOG_FILE)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// An error that ends with the last lines of the server's log.
    pub(crate) fn with_log(&self, text: String) -> KitError {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n  ");
        let path = self.folder.join(LOG_FILE);
        KitError::failed(format!("{text}\nthe end of {}:\n  {tail}", path.display()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.kit.ends_servers() {
            let _ = self.kill();
        }
    }
}

/// A command with an environment of its own: settings of the caller's shell for its databases are not for ours.
pub(crate) fn bare(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOME", folder).env("LC_ALL", "C").env("TZ", "UTC").current_dir(folder);
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    // Debian keeps its servers where only root's shell looks.
    let mut path = path;
    path.push(":/usr/local/sbin:/usr/sbin:/sbin");
    command.env("PATH", path);
    command
}

/// Ends processes at once and waits until they are gone.
pub(crate) fn end(name: &str, processes: &[Identity]) -> Result<()> {
    wait::until(name, END_LIMIT, || {
        for process in processes {
            process.signal(Signal::KILL);
        }
        let left = processes.iter().filter(|process| process.is_running()).count();
        if left == 0 { Ok(()) } else { Err(format!("{left} processes outlive SIGKILL")) }
    })
}

/// The process that a server's folder names.
pub(crate) fn recorded(folder: &Path) -> Option<Identity> {
    let facts = Facts::read(&folder.join(PROCESS_FILE))?;
    Some(Identity { pid: facts.value("pid").ok()?, start_ticks: facts.value("start_ticks").ok()? })
}
