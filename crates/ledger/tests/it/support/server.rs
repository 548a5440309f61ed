//! A server of a test's own, to be stopped and started again.

use super::engine::{Engine, Site};
use testkit::{Kit, MariaDb, Postgres, PostgresVersion};

/// A server that nobody else uses.
pub struct Own {
    pub engine: Engine,
    server: Either,
}

enum Either {
    MariaDb(MariaDb),
    Postgres(Postgres),
}

/// The same of either kind of server.
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
    /// None where the server is not installed: the test is then named and counted as passed over.
    pub fn of(engine: Engine) -> Option<Self> {
        let kit = testkit::available(Kit::temporary())?;
        let version = if engine == Engine::Postgres18 { PostgresVersion::V18 } else { PostgresVersion::V15 };
        let server = match engine {
            Engine::MariaDb => MariaDb::start(&kit).map(Either::MariaDb),
            _ => Postgres::start(&kit, version).map(Either::Postgres),
        };
        Some(Self { engine, server: testkit::available(server)? })
    }

    /// An empty database on it.
    pub fn site(&self) -> Site {
        let url = either!(self, server => server.fresh_database("ledger"));
        Site::on_server(self.engine, url)
    }

    /// A url of the server's administrator.
    pub fn administrator(&self, database: &str) -> String {
        match &self.server {
            Either::MariaDb(server) => server.url(database),
            Either::Postgres(server) => server.url(database),
        }
    }

    /// Runs a statement as the server's administrator; what it says.
    pub fn execute(&self, statement: &str) -> String {
        either!(self, server => server.execute(statement))
    }

    pub fn port(&self) -> u16 {
        match &self.server {
            Either::MariaDb(server) => server.port(),
            Either::Postgres(server) => server.port(),
        }
    }

    /// `SIGKILL`.
    pub fn kill(&self) {
        either!(self, server => server.kill());
    }

    /// Starts it again on the same data.
    pub fn restart(&self) {
        either!(self, server => server.restart());
    }

    /// `SIGSTOP`.
    pub fn stall(&self) {
        either!(self, server => server.stall());
    }

    /// Goes on after [`Own::stall`].
    pub fn resume(&self) {
        either!(self, server => server.resume());
    }
}
