//! Each test on each database.

use tempfile::TempDir;

/// Makes a test of each function on every database: `module::mariadb::name` and so on.
macro_rules! on_every_database {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name($crate::support::engine::Site::sqlite()).await;
                }
            )*
        }
        $crate::support::engine::on_every_server!($crate::support::engine::Site; $($name),*);
    };
}

/// Makes a test of each function on every server: on a database of its own (`Site`), or on a server of its own
/// (`Own`).
macro_rules! on_every_server {
    ($given:ty; $($name:ident),* $(,)?) => {
        $crate::support::engine::on_server!(mariadb, MariaDb, $given; $($name),*);
        $crate::support::engine::on_server!(postgres_15, Postgres15, $given; $($name),*);
        $crate::support::engine::on_server!(postgres_18, Postgres18, $given; $($name),*);
    };
}

macro_rules! on_server {
    ($module:ident, $engine:ident, $given:ty; $($name:ident),*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $name() {
                    if let Some(given) = <$given>::of($crate::support::engine::Engine::$engine) {
                        super::$name(given).await;
                    }
                }
            )*
        }
    };
}

pub(crate) use {on_every_database, on_every_server, on_server};

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    MariaDb,
    Postgres15,
    Postgres18,
}

impl Engine {
    pub fn is_postgres(self) -> bool {
        matches!(self, Self::Postgres15 | Self::Postgres18)
    }

    /// A UUID as it is written in a statement.
    pub fn uuid(self, id: u128) -> String {
        if self.is_postgres() { format!("'{}'", uuid::Uuid::from_u128(id)) } else { format!("x'{id:032x}'") }
    }
}

/// An empty database of its own for one test; SQLite's goes with its folder.
pub struct Site {
    pub engine: Engine,
    pub url: String,
    /// SQLite's: held so that it is there as long as the site is.
    _folder: Option<TempDir>,
}

impl Site {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { engine: Engine::Sqlite, url: ledger::embedded_url(folder.path()), _folder: Some(folder) }
    }

    /// A database of a server.
    pub fn on_server(engine: Engine, url: String) -> Self {
        Self { engine, url, _folder: None }
    }

    /// None where the server is not installed: the test is then named and counted as passed over.
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
