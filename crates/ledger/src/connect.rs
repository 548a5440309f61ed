//! Reaching the database: pools, pragmas, schemas, transactions.

use crate::error::LedgerError;
use crate::migrations::{self, SchemaState};
use sea_orm::sqlx::Connection;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use std::path::Path;
use std::time::Duration;

/// File of the embedded ledger inside `data.dir`.
const EMBEDDED_FILE: &str = "coupon_service.sqlite";
/// Where entities are looked up on PostgreSQL (`contract.md`, Tables).
const POSTGRES_SEARCH_PATH: &str = "coupon_service,common";
/// SQLite has one writer; the others only read.
const SQLITE_CONNECTIONS: u32 = 4;

/// An open change: kept as a whole on [`Transaction::commit`], undone when dropped.
#[derive(Debug)]
pub struct Transaction(DatabaseTransaction);

impl Transaction {
    /// Keeps the change; it is durable when this returns.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`]: the change may or may not have been kept.
    pub async fn commit(self) -> Result<(), LedgerError> {
        Ok(self.0.commit().await?)
    }

    /// Begins a part that can be undone by itself.
    pub(crate) async fn part(&self) -> Result<DatabaseTransaction, LedgerError> {
        Ok(self.0.begin().await?)
    }

    pub(crate) fn connection(&self) -> &DatabaseTransaction {
        &self.0
    }
}

/// The url of the embedded ledger in a data folder; the file is made when it is not there.
pub fn embedded_url(data_dir: &Path) -> String {
    // `%`, `?` and `#` would be read as parts of the url.
    let path = data_dir.join(EMBEDDED_FILE).to_string_lossy().replace('%', "%25").replace('?', "%3F");
    format!("sqlite:{}?mode=rwc", path.replace('#', "%23"))
}

/// Limits of the connection pool.
#[derive(Clone, Copy, Debug)]
pub struct LedgerOptions {
    /// Most connections; SQLite never takes more than four.
    pub max_connections: u32,
    /// Longest wait for a connection, and for making one.
    pub acquire_timeout: Duration,
    /// Longest wait for SQLite's one writer.
    pub busy_timeout: Duration,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self { max_connections: 16, acquire_timeout: Duration::from_secs(5), busy_timeout: Duration::from_secs(5) }
    }
}

/// A pool of connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    connection: DatabaseConnection,
}

impl Ledger {
    /// Connects to `sqlite:`, `postgres://` or `mysql://`. Does not touch the tables: see [`Ledger::migrate`].
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`] when nobody answers or the file can not be opened.
    pub async fn connect(url: &str, options: LedgerOptions) -> Result<Self, LedgerError> {
        let connection = Database::connect(connect_options(url, options)).await?;
        Ok(Self { connection })
    }

    /// Makes or updates the tables. Again changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::Schema`] when the database is of a newer or another program; it is left untouched then.
    pub async fn migrate(&self) -> Result<(), LedgerError> {
        migrations::migrate(&self.connection).await
    }

    /// How the tables stand to this program. Reads only.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    pub async fn schema_state(&self) -> Result<SchemaState, LedgerError> {
        migrations::state(&self.connection).await
    }

    /// Whether the tables are exactly those of this program. Reads only.
    ///
    /// # Errors
    /// [`LedgerError::Schema`] when they are of a newer or another program.
    pub async fn is_migrated(&self) -> Result<bool, LedgerError> {
        match self.schema_state().await? {
            SchemaState::Current => Ok(true),
            SchemaState::Behind(_) => Ok(false),
            newer @ SchemaState::Newer(_) => Err(LedgerError::Schema(newer.to_string())),
        }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    pub async fn ping(&self) -> Result<(), LedgerError> {
        Ok(self.connection.ping().await?)
    }

    /// Begins a change that will write.
    ///
    /// On SQLite it takes the writer's place at once, so that a change that reads first can not fail half way;
    /// elsewhere it sees what others have committed meanwhile.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    pub async fn begin(&self) -> Result<Transaction, LedgerError> {
        let sqlite = self.connection.get_database_backend() == DbBackend::Sqlite;
        let options = TransactionOptions {
            isolation_level: (!sqlite).then_some(IsolationLevel::ReadCommitted),
            access_mode: None,
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
        };
        Ok(Transaction(self.connection.begin_with_options(options).await?))
    }

    /// Closes the pool; queries after this are refused as unreachable.
    ///
    /// # Errors
    /// [`LedgerError::Other`].
    pub async fn close(&self) -> Result<(), LedgerError> {
        Ok(self.connection.close_by_ref().await?)
    }

    pub(crate) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }
}

fn connect_options(url: &str, options: LedgerOptions) -> ConnectOptions {
    let sqlite = url.starts_with("sqlite:");
    let most = if sqlite { options.max_connections.min(SQLITE_CONNECTIONS) } else { options.max_connections };
    let mut connect = ConnectOptions::new(url);
    connect
        .max_connections(most.max(1))
        .connect_timeout(options.acquire_timeout)
        .acquire_timeout(options.acquire_timeout)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .set_schema_search_path(POSTGRES_SEARCH_PATH)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(options.busy_timeout)
        })
        .map_sqlx_sqlite_pool_opts(|pool| {
            // When SQLite undoes a change by itself (a full disk), the driver goes on counting it as open: the next
            // change on this connection would be a part of nothing, and its commit would keep nothing.
            pool.before_acquire(|connection, _| {
                let settled = !connection.is_in_transaction();
                Box::pin(async move { Ok(settled) })
            })
        });
    connect
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::{ConnectionTrait, Statement};

    #[tokio::test]
    async fn every_connection_to_a_file_flushes_and_checks_keys() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = LedgerOptions { busy_timeout: Duration::from_millis(4_321), ..LedgerOptions::default() };
        let ledger = Ledger::connect(&embedded_url(folder.path()), options).await.expect("connects");
        let ask = async |pragma: &str| {
            let question = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}"));
            ledger.connection().query_one_raw(question).await.expect("asked").expect("answered")
        };
        let mode: String = ask("journal_mode").await.try_get_by_index(0).expect("text");
        assert_eq!(mode, "wal");
        for (pragma, wanted) in [("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 4_321)] {
            let value: i32 = ask(pragma).await.try_get_by_index(0).expect("a number");
            assert_eq!(value, wanted, "{pragma}");
        }
    }

    /// After a change that SQLite undid by itself, as it does when a commit meets a full disk, the next ones are kept
    /// all the same.
    #[tokio::test]
    async fn a_change_undone_by_the_database_does_not_swallow_what_comes_after_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = embedded_url(folder.path());
        let options = LedgerOptions { max_connections: 1, ..LedgerOptions::default() };
        let ledger = Ledger::connect(&url, options).await.expect("connects");
        let sqlite = |sql: &str| Statement::from_string(DbBackend::Sqlite, sql);
        ledger.connection().execute_raw(sqlite("CREATE TABLE things (name TEXT)")).await.expect("made");
        let change = ledger.begin().await.expect("begun");
        change.connection().execute_raw(sqlite("ROLLBACK")).await.expect("undone behind the driver's back");
        change.commit().await.expect_err("there is nothing to commit");
        drop(ledger.begin().await.expect("begun"));
        for name in ["a", "b"] {
            let change = ledger.begin().await.expect("begun");
            let insert = Statement::from_string(DbBackend::Sqlite, format!("INSERT INTO things VALUES ('{name}')"));
            change.connection().execute_raw(insert).await.expect("there is room again");
            change.commit().await.expect("kept");
        }
        ledger.close().await.expect("closes");
        let ledger = Ledger::connect(&url, options).await.expect("connects");
        let count = Statement::from_string(DbBackend::Sqlite, "SELECT count(*) FROM things");
        let row = ledger.connection().query_one_raw(count).await.expect("asked").expect("answered");
        assert_eq!(row.try_get_by_index::<i64>(0).expect("a number"), 2);
    }
}
