//! The databases of tests.

use tempfile::TempDir;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A SQLite file.
    Sqlite,
    /// MariaDB.
    MariaDb,
    /// PostgreSQL 15.
    Postgres15,
    /// PostgreSQL 18.
    Postgres18,
}

impl Engine {
    /// Whether it is PostgreSQL, of any version.
    pub fn is_postgres(self) -> bool {
        matches!(self, Self::Postgres15 | Self::Postgres18)
    }

    /// A UUID as it is written in a statement, by this program and by others (`contract-ticketing.md`, Tables).
    pub fn uuid(self, id: u128) -> String {
        if self == Self::MariaDb { format!("x'{id:032x}'") } else { format!("'{}'", uuid::Uuid::from_u128(id)) }
    }
}

/// An empty database for one test.
#[derive(Debug)]
pub struct Site {
    /// The kind of database.
    pub engine: Engine,
    /// The URL for the ledger.
    pub url: String,
    /// SQLite's folder, which lives as long as the site.
    _folder: Option<TempDir>,
}

impl Site {
    /// A SQLite file in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("ledger.sqlite").display());
        Self { engine: Engine::Sqlite, url, _folder: Some(folder) }
    }

    /// A database of a server.
    pub fn on_server(engine: Engine, url: String) -> Self {
        Self { engine, url, _folder: None }
    }

    /// A new database. None where the server is not installed: the test is then named and counted as skipped.
    pub fn of(engine: Engine) -> Option<Self> {
        let servers = testkit::shared();
        let fresh = |server: testkit::Result<&testkit::Postgres>| server?.fresh_database("ledger");
        let url = match engine {
            Engine::Sqlite => return Some(Self::sqlite()),
            Engine::MariaDb => servers.mariadb().and_then(|server| server.fresh_database("ledger")),
            Engine::Postgres15 => fresh(servers.postgres()),
            Engine::Postgres18 => fresh(servers.postgres_18()),
        };
        Some(Self::on_server(engine, testkit::available(url)?))
    }
}
