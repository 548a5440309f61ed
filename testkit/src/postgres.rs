//! PostgreSQL 15 and 18.

use crate::account;
use crate::error::{KitError, Result};
use crate::facts::Facts;
use crate::install;
use crate::kit::{self, Kit};
use crate::port::Port;
use crate::process::{Process, Spec, bare};
use crate::question::Question;
use crate::sql::{self, Fresh};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// It comes up within a second, after a crash as soon as it has read its log.
const START_LIMIT: Duration = Duration::from_secs(60);
const FACTS: &str = "postgres.facts";
const DATA: &str = "data";
const SUPERUSER: &str = "postgres";
/// Several test programs at once, each with pools.
const CONNECTIONS_MAX: u32 = 200;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PostgresVersion {
    /// Debian 12's.
    V15,
    /// The newest.
    V18,
}

impl PostgresVersion {
    const fn name(self) -> &'static str {
        match self {
            Self::V15 => "postgres-15",
            Self::V18 => "postgres-18",
        }
    }

    fn program(self) -> Result<PathBuf> {
        match self {
            Self::V15 => install::postgres_15(),
            Self::V18 => install::postgres_18(),
        }
    }
}

/// A PostgreSQL server.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: Port,
    /// The superuser's.
    password: String,
    psql: PathBuf,
}

impl Postgres {
    /// Makes a server with no databases and starts it.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn start(kit: &Kit, version: PostgresVersion) -> Result<Self> {
        Self::create(kit, &kit.claim(version.name())?, version)
    }

    /// The server of the kit's folder of that name: the one that runs, else started again, else made.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn open(kit: &Kit, name: &str, version: PostgresVersion) -> Result<Self> {
        let (folder, _order) = kit.place(name)?;
        if let Some(facts) = Facts::read(&folder.join(FACTS)) {
            let port = Port::taken(facts.value("port")?);
            let server = Self::of(kit, &folder, version, port, facts.text("password")?.to_owned())?;
            return server.start_again().map(|()| server);
        }
        kit::empty(&folder)?;
        Self::create(kit, &folder, version)
    }

    fn create(kit: &Kit, folder: &Path, version: PostgresVersion) -> Result<Self> {
        let password = sql::password()?;
        initialise(folder, &version.program()?, &password)?;
        let server = Self::of(kit, folder, version, Port::free()?, password)?;
        server.start_again()?;
        let facts = [("port", server.port().to_string()), ("password", server.password.clone())];
        Facts::write(&folder.join(FACTS), &facts)?;
        Ok(server)
    }

    fn of(kit: &Kit, folder: &Path, version: PostgresVersion, port: Port, password: String) -> Result<Self> {
        let program = version.program()?;
        let psql = program.with_file_name("psql");
        let number = port.number();
        let settings = [
            format!("port={number}"),
            "listen_addresses=127.0.0.1".to_owned(),
            // A socket's path may not be as long as ours.
            "unix_socket_directories=".to_owned(),
            format!("max_connections={CONNECTIONS_MAX}"),
        ];
        let mut arguments = vec!["-D".to_owned(), folder.join(DATA).display().to_string()];
        arguments.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        let mut spec = Spec::new(version.name(), program, arguments);
        // "Fast": it does not wait for its clients to go.
        spec.stop = Signal::INT;
        spec.asks = vec![Question::Postgres(number)];
        Ok(Self { process: Process::new(kit, folder, spec), port, password, psql })
    }

    fn start_again(&self) -> Result<()> {
        if self.pid().is_none() {
            // It would take whoever has the number of its former process for a server on the same data.
            let _ = std::fs::remove_file(self.process.folder().join(DATA).join("postmaster.pid"));
        }
        self.process.start(START_LIMIT, || {
            Question::Postgres(self.port()).ask()?;
            self.run("select 1").map(drop)
        })
    }

    fn run(&self, statement: &str) -> std::result::Result<String, String> {
        let mut psql = bare(&self.psql, self.process.folder());
        psql.env("PGPASSWORD", &self.password).env("PGCONNECT_TIMEOUT", "5");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", SUPERUSER]);
        psql.args(["-p", &self.port().to_string(), "-d", "postgres", "-c", statement]);
        sql::run(&mut psql)
    }

    /// Runs a statement as the superuser; its rows, one a line.
    ///
    /// # Errors
    /// What the server says against it.
    pub fn execute(&self, statement: &str) -> Result<String> {
        self.run(statement).map_err(KitError::failed)
    }

    /// `postgres://...`: a database, as the superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}:{}@127.0.0.1:{}/{database}", self.password, self.port())
    }

    /// The URL of a new, empty database, which belongs to a plain user of its own. `prefix` is what the names of both
    /// begin with, 1 to 40 of `a-z`, `0-9` and `_`.
    ///
    /// # Errors
    /// When the name is out of shape, or the server is against it.
    pub fn fresh_database(&self, prefix: &str) -> Result<String> {
        let Fresh { name, password } = Fresh::named(prefix)?;
        self.execute(&format!("create role {name} login password '{password}'"))?;
        self.execute(&format!("create database {name} owner {name}"))?;
        Ok(format!("postgres://{name}:{password}@127.0.0.1:{}/{name}", self.port()))
    }

    /// The port that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port.number()
    }

    /// The number of its first process, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// `SIGKILL` to all its processes; returns when they are gone. Killing one that does not run is no error.
    ///
    /// # Errors
    /// When one outlives that.
    pub fn kill(&self) -> Result<()> {
        self.process.kill()
    }

    /// `SIGSTOP`, to all its processes.
    ///
    /// # Errors
    /// When it does not run.
    pub fn stall(&self) -> Result<()> {
        self.process.stall()
    }

    /// Goes on after [`stall`](Self::stall).
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self) -> Result<()> {
        self.process.resume()
    }

    /// Kills it if it runs, starts it on the same data, and returns when it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&self) -> Result<()> {
        self.kill()?;
        self.start_again()
    }

    /// All that it printed.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}

fn initialise(folder: &Path, server: &Path, password: &str) -> Result<()> {
    let file = folder.join("password");
    std::fs::write(&file, password).map_err(|error| KitError::file(&file, &error))?;
    account::hand_over(&file)?;
    let mut initdb = bare(&server.with_file_name("initdb"), folder);
    initdb.arg("-D").arg(folder.join(DATA)).args(["-U", SUPERUSER, "-A", "scram-sha-256", "--pwfile"]).arg(&file);
    initdb.args(["--encoding=UTF8", "--locale=C", "--no-sync"]);
    account::lower(&mut initdb)?;
    let made = sql::run(&mut initdb).map_err(KitError::failed);
    std::fs::remove_file(&file).map_err(|error| KitError::file(&file, &error))?;
    made.map(drop)
}
