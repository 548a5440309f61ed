//! PostgreSQL 15 and 18.

use crate::account;
use crate::error::{KitError, Result};
use crate::facts::Facts;
use crate::install;
use crate::kit::{self, Kit};
use crate::port::Port;
use crate::process::{Process, Ready, Spec, bare};
use crate::question::Question;
use crate::sql::{self, Client, Fresh};
use crate::tls::Certificate;
use rustix::process::Signal;
use std::ops::Deref;
use std::path::{Path, PathBuf};

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
    client: Client,
}

impl Postgres {
    /// Makes a server with no databases and starts it.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn start(kit: &Kit, version: PostgresVersion) -> Result<Self> {
        Self::create(kit, &kit.claim(version.name())?, version, None)
    }

    /// The same, speaking TLS, too, and by IPv6.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_encrypted(kit: &Kit, version: PostgresVersion, certificate: &Certificate) -> Result<Self> {
        Self::create(kit, &kit.claim(version.name())?, version, Some(certificate))
    }

    /// The server of the kit's folder of that name: the one that runs, else started again, else made.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn open(kit: &Kit, name: &str, version: PostgresVersion) -> Result<Self> {
        let (folder, _order) = kit.place(name)?;
        if let Some(facts) = Facts::read(&folder.join(FACTS)) {
            let port = Port::taken(facts.value("port")?);
            let server = Self::of(kit, &folder, version, port, facts.text("password")?.to_owned(), None)?;
            return server.bring_up().map(|()| server);
        }
        kit::empty(&folder)?;
        Self::create(kit, &folder, version, None)
    }

    fn create(kit: &Kit, folder: &Path, version: PostgresVersion, certificate: Option<&Certificate>) -> Result<Self> {
        let password = sql::password()?;
        initialise(folder, &version.program()?, &password)?;
        let server = Self::of(kit, folder, version, Port::free()?, password, certificate)?;
        server.bring_up()?;
        let facts = [("port", server.port().to_string()), ("password", server.password.clone())];
        Facts::write(&folder.join(FACTS), &facts)?;
        Ok(server)
    }

    fn of(
        kit: &Kit,
        folder: &Path,
        version: PostgresVersion,
        port: Port,
        password: String,
        certificate: Option<&Certificate>,
    ) -> Result<Self> {
        let program = version.program()?;
        let client = client(folder, program.with_file_name("psql"), port.number(), &password);
        let number = port.number();
        let mut settings = vec![
            format!("port={number}"),
            // A socket's path may not be as long as ours.
            "unix_socket_directories=".to_owned(),
            format!("max_connections={CONNECTIONS_MAX}"),
        ];
        if let Some(certificate) = certificate {
            let files = certificate.write(folder)?;
            settings.push("listen_addresses=127.0.0.1,::1".to_owned());
            settings.push("ssl=on".to_owned());
            settings.push(format!("ssl_cert_file={}", files.chain.display()));
            settings.push(format!("ssl_key_file={}", files.key.display()));
        } else {
            settings.push("listen_addresses=127.0.0.1".to_owned());
        }
        let mut arguments = vec!["-D".to_owned(), folder.join(DATA).display().to_string()];
        arguments.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        let mut spec = Spec::new(version.name(), program, arguments);
        // "Fast": it does not wait for its clients to go.
        spec.stop = Signal::INT;
        spec.asks = vec![Question::Postgres(number)];
        spec.ready = Ready::Obeys(client.clone());
        // It would mistake a process that now has its former process id for a server on the same data.
        spec.stale = Some(folder.join(DATA).join("postmaster.pid"));
        Ok(Self { process: Process::new(kit, folder, spec), port, password, client })
    }

    /// Runs a statement as the superuser; its rows, one a line.
    ///
    /// # Errors
    /// The error that the server reports.
    pub fn execute(&self, statement: &str) -> Result<String> {
        self.client.run(statement).map_err(KitError::failed)
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
}

impl Deref for Postgres {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn client(folder: &Path, psql: PathBuf, port: u16, password: &str) -> Client {
    let flags = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
    let place = ["-h", "127.0.0.1", "-U", SUPERUSER, "-p", &port.to_string(), "-d", "postgres", "-c"];
    Client {
        program: psql,
        folder: folder.to_owned(),
        arguments: flags.into_iter().chain(place).map(str::to_owned).collect(),
        environment: vec![("PGPASSWORD", password.to_owned()), ("PGCONNECT_TIMEOUT", "5".to_owned())],
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
