//! A server for one test, which may stop it and start it again.

use crate::site::{Engine, Site};
use testkit::{Kit, MariaDb, Postgres, PostgresVersion};

/// A server that no other test uses.
#[derive(Debug)]
pub struct Own {
    /// The kind of database.
    pub engine: Engine,
    server: Either,
}

#[derive(Debug)]
enum Either {
    MariaDb(MariaDb),
    Postgres(Postgres),
}

/// The same call on either kind of server.
macro_rules! either {
    ($own:ident, $server:ident => $what:expr) => {
        match &$own.server {
            Either::MariaDb($server) => $what,
            Either::Postgres($server) => $what,
        }
        .expect("the server does so")
    };
}

impl Own {
    /// Starts a server. None where it is not installed: the test is then named and counted as skipped.
    pub fn of(engine: Engine) -> Option<Self> {
        let kit = testkit::available(Kit::temporary())?;
        let version = if engine == Engine::Postgres18 { PostgresVersion::V18 } else { PostgresVersion::V15 };
        let server = match engine {
            Engine::MariaDb => MariaDb::start(&kit).map(Either::MariaDb),
            _ => Postgres::start(&kit, version).map(Either::Postgres),
        };
        Some(Self { engine, server: testkit::available(server)? })
    }

    /// A new empty database on the server.
    pub fn site(&self) -> Site {
        let url = either!(self, server => server.fresh_database("ledger"));
        Site::on_server(self.engine, url)
    }

    /// A URL of the server's administrator.
    pub fn administrator(&self, database: &str) -> String {
        match &self.server {
            Either::MariaDb(server) => server.url(database),
            Either::Postgres(server) => server.url(database),
        }
    }

    /// Runs a statement as the server's administrator and returns its output.
    pub fn execute(&self, statement: &str) -> String {
        either!(self, server => server.execute(statement))
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        match &self.server {
            Either::MariaDb(server) => server.port(),
            Either::Postgres(server) => server.port(),
        }
    }

    /// Kills it with `SIGKILL`.
    pub fn kill(&self) {
        either!(self, server => server.kill());
    }

    /// Starts it again on the same data.
    pub fn restart(&self) {
        either!(self, server => server.restart());
    }

    /// Stops it with `SIGSTOP`; it keeps its connections and answers nothing.
    pub fn stall(&self) {
        either!(self, server => server.stall());
    }

    /// Continues it after [`Own::stall`].
    pub fn resume(&self) {
        either!(self, server => server.resume());
    }
}
