//! MariaDB.

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
use std::ops::Deref;
use std::path::Path;

const FACTS: &str = "mariadb.facts";
const DATA: &str = "data";
/// A private folder for temporary files: in a shared one, a starting server deletes the files of other servers.
const PASSING: &str = "passing";
/// The statements that create the superuser, read at every start.
const INIT_FILE: &str = "init.sql";
const SUPERUSER: &str = "admin";
/// Several test programs at once, each with pools.
const CONNECTIONS_MAX: u32 = 300;

/// A MariaDB server.
#[derive(Debug)]
pub struct MariaDb {
    process: Process,
    port: Port,
    /// The superuser's.
    password: String,
    client: Client,
}

impl MariaDb {
    /// Makes a server with no databases and starts it.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn start(kit: &Kit) -> Result<Self> {
        Self::create(kit, &kit.claim("mariadb")?, None)
    }

    /// The same, speaking TLS, too, and by IPv6.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_encrypted(kit: &Kit, certificate: &Certificate) -> Result<Self> {
        Self::create(kit, &kit.claim("mariadb")?, Some(certificate))
    }

    /// The server of the kit's folder of that name: the one that runs, else started again, else made.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn open(kit: &Kit, name: &str) -> Result<Self> {
        let (folder, _order) = kit.place(name)?;
        if let Some(facts) = Facts::read(&folder.join(FACTS)) {
            let (port, password) = (Port::taken(facts.value("port")?), facts.text("password")?.to_owned());
            let server = Self::of(kit, &folder, port, password, None)?;
            return server.bring_up().map(|()| server);
        }
        kit::empty(&folder)?;
        Self::create(kit, &folder, None)
    }

    fn create(kit: &Kit, folder: &Path, certificate: Option<&Certificate>) -> Result<Self> {
        let password = sql::password()?;
        initialise(folder, &password)?;
        let server = Self::of(kit, folder, Port::free()?, password, certificate)?;
        server.bring_up()?;
        let facts = [("port", server.port().to_string()), ("password", server.password.clone())];
        Facts::write(&folder.join(FACTS), &facts)?;
        Ok(server)
    }

    fn of(kit: &Kit, folder: &Path, port: Port, password: String, certificate: Option<&Certificate>) -> Result<Self> {
        let number = port.number();
        let path = |name: &str| folder.join(name).display().to_string();
        let mut arguments = vec![
            "--no-defaults".to_owned(),
            format!("--datadir={}", path(DATA)),
            format!("--tmpdir={}", path(PASSING)),
            format!("--init-file={}", path(INIT_FILE)),
            format!("--port={number}"),
            // Within the data folder: a socket's whole path may not be as long as ours.
            "--socket=server.sock".to_owned(),
            "--pid-file=server.pid".to_owned(),
            "--skip-name-resolve".to_owned(),
            format!("--max-connections={CONNECTIONS_MAX}"),
            // As Debian and every newer version have it.
            "--character-set-server=utf8mb4".to_owned(),
            "--collation-server=utf8mb4_general_ci".to_owned(),
        ];
        if let Some(certificate) = certificate {
            let files = certificate.write(folder)?;
            arguments.push("--bind-address=*".to_owned());
            arguments.push(format!("--ssl-cert={}", files.chain.display()));
            arguments.push(format!("--ssl-key={}", files.key.display()));
            arguments.push(format!("--ssl-ca={}", files.authority.display()));
        } else {
            arguments.push("--bind-address=127.0.0.1".to_owned());
        }
        let mut spec = Spec::new("mariadb", install::mariadb()?, arguments);
        spec.asks = vec![Question::MariaDb(number)];
        let client = client(folder, number, &password)?;
        spec.ready = Ready::Obeys(client.clone());
        Ok(Self { process: Process::new(kit, folder, spec), port, password, client })
    }

    /// Runs a statement as the superuser; its rows, one a line.
    ///
    /// # Errors
    /// The error that the server reports.
    pub fn execute(&self, statement: &str) -> Result<String> {
        self.client.run(statement).map_err(KitError::failed)
    }

    /// `mysql://...`: a database, as the superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("mysql://{SUPERUSER}:{}@127.0.0.1:{}/{database}", self.password, self.port())
    }

    /// The URL of a new, empty database, which belongs to a plain user of its own. `prefix` is what the names of both
    /// begin with, 1 to 40 of `a-z`, `0-9` and `_`.
    ///
    /// # Errors
    /// When the name is out of shape, or the server is against it.
    pub fn fresh_database(&self, prefix: &str) -> Result<String> {
        let Fresh { name, password } = Fresh::named(prefix)?;
        self.execute(&format!(
            "create database {name}; create user {name}@'127.0.0.1' identified by '{password}'; \
             grant all on {name}.* to {name}@'127.0.0.1'"
        ))?;
        Ok(format!("mysql://{name}:{password}@127.0.0.1:{}/{name}", self.port()))
    }

    /// The port that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port.number()
    }
}

impl Deref for MariaDb {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn client(folder: &Path, port: u16, password: &str) -> Result<Client> {
    let user = format!("--user={SUPERUSER}");
    let port = format!("--port={port}");
    let arguments = [
        "--no-defaults",
        "--protocol=TCP",
        "--host=127.0.0.1",
        "--connect-timeout=5",
        "--batch",
        "--skip-column-names",
        "--default-character-set=utf8mb4",
        &user,
        &port,
        "--execute",
    ];
    Ok(Client {
        program: install::mariadb_program("mariadb")?,
        folder: folder.to_owned(),
        arguments: arguments.map(str::to_owned).into(),
        environment: vec![("MYSQL_PWD", password.to_owned())],
    })
}

fn initialise(folder: &Path, password: &str) -> Result<()> {
    let file = folder.join(INIT_FILE);
    let superuser = format!("{SUPERUSER}@'127.0.0.1'");
    let text = format!(
        "create user if not exists {superuser} identified by '{password}';\n\
         grant all on *.* to {superuser} with grant option;\n"
    );
    std::fs::write(&file, text).map_err(|error| KitError::file(&file, &error))?;
    account::hand_over(&file)?;
    let passing = folder.join(PASSING);
    std::fs::create_dir_all(&passing).map_err(|error| KitError::file(&passing, &error))?;
    account::hand_over(&passing)?;
    let mut install = bare(&install::mariadb_program("mariadb-install-db")?, folder);
    install.arg("--no-defaults").arg(format!("--datadir={}", folder.join(DATA).display()));
    install.arg(format!("--tmpdir={}", passing.display()));
    install.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
    // An installation that the machine's end cuts short is made anew.
    install.args(["--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0"]);
    account::lower(&mut install)?;
    sql::run(&mut install).map(drop).map_err(KitError::failed)
}
