//! Our own program as a server in a kit, beside the servers that it needs.

use crate::account;
use crate::error::{KitError, Result};
use crate::kit::Kit;
use crate::process::{Process, Spec};
use crate::question::Question;
use rustix::process::Signal;
use std::ffi::OsString;
use std::ops::Deref;
use std::path::PathBuf;
use std::time::Duration;

/// How a program is started. It runs in a folder of its own, with an environment of its own.
#[derive(Clone, Debug)]
pub struct ProgramSpec {
    /// Its folder's name.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its environment.
    pub environment: Vec<(String, OsString)>,
    /// The ports where it answers HTTP when it has started; none: it has started when it runs.
    pub http_ports: Vec<u16>,
}

/// A running program.
#[derive(Debug)]
pub struct Program {
    process: Process,
}

impl Deref for Program {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl Program {
    /// Starts it, or takes it as it is if it runs in that folder already.
    ///
    /// # Errors
    /// When it cannot be started, ends, or does not answer.
    pub fn open(kit: &Kit, spec: ProgramSpec) -> Result<Self> {
        account::check_reach(&spec.program)?;
        let (folder, _order) = kit.place(&spec.name)?;
        account::hand_over(&folder)?;
        let mut of = Spec::new(&spec.name, spec.program, spec.arguments);
        of.environment = spec.environment;
        of.asks = spec.http_ports.into_iter().map(Question::Http).collect();
        let program = Self { process: Process::new(kit, &folder, of) };
        program.bring_up().map(|()| program)
    }

    /// `SIGTERM`, and waits until it has ended.
    ///
    /// # Errors
    /// When it does not run, or has not ended after `limit`.
    pub fn terminate(&self, limit: Duration) -> Result<()> {
        self.process.signal(Signal::TERM)?;
        let ended = crate::wait::until("its end", limit, || match self.pid() {
            None => Ok(()),
            Some(pid) => Err(format!("process {pid} runs")),
        });
        ended.map_err(|error| self.process.with_log(error.to_string()))
    }

    /// Runs a program to its end as the user, and with the environment, that servers have; what it printed.
    ///
    /// # Errors
    /// When it cannot be started or ends with a status other than 0; with its output.
    pub fn run(kit: &Kit, spec: ProgramSpec) -> Result<String> {
        account::check_reach(&spec.program)?;
        let (folder, _order) = kit.place(&spec.name)?;
        let mut command = crate::process::bare(&spec.program, &folder);
        command.args(spec.arguments).envs(spec.environment);
        account::lower(&mut command)?;
        crate::sql::run(&mut command).map_err(KitError::failed)
    }
}
