//! The connection to the database.

use crate::cause;
use crate::commits::Commits;
use crate::database::Database;
use crate::error::{Cause, LedgerError, is_missing_database, lacks_right};
use crate::health::LastLook;
use crate::migrations::{self, SchemaState, schemas};
use crate::pool;
use crate::schema::Schema;
use crate::timed::Timed;
use sea_orm::{DatabaseConnection, DbBackend};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// Limits of the connection pool.
#[derive(Clone, Copy, Debug)]
pub struct LedgerOptions {
    /// Most connections; SQLite never takes more than four.
    pub max_connections: u32,
    /// Longest wait for a free connection, and for a new one to be made.
    pub acquire_timeout: Duration,
    /// Longest wait for SQLite's write lock, and for a row that another change holds.
    pub busy_timeout: Duration,
    /// Longest wait for an answer outside of a change.
    pub answer_timeout: Duration,
    /// Longest time of a whole change with all its repetitions; on PostgreSQL also one statement.
    pub change_timeout: Duration,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(10),
            change_timeout: Duration::from_secs(30),
        }
    }
}

/// A pool of connections to one database, for the tables of one schema. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    connection: Timed<DatabaseConnection>,
    database: Database,
    options: LedgerOptions,
    last_look: Arc<Mutex<LastLook>>,
    commits: Commits,
}

impl Ledger {
    /// Connects to `sqlite:`, `postgres://` or `mysql://`. Does not touch the tables: see [`Ledger::migrate`].
    ///
    /// A missing MySQL database is no error here: [`Ledger::migrate`] makes it where it may.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] when the server does not answer or the file cannot be opened;
    /// [`LedgerError::Schema`] when the URL cannot be used, or an administrator must make the database first.
    pub async fn connect(url: &str, schema: &'static Schema, options: LedgerOptions) -> Result<Self, LedgerError> {
        Self::connect_trusting(url, None, schema, options).await
    }

    /// As [`Ledger::connect`], with the file of `ledger.ca_file`: certificates in PEM of the authorities that are trusted
    /// instead of the system's. A URL that names no mode of encryption is checked then: certificate and host name.
    ///
    /// # Errors
    /// As [`Ledger::connect`].
    pub async fn connect_trusting(
        url: &str,
        authorities: Option<&Path>,
        schema: &'static Schema,
        options: LedgerOptions,
    ) -> Result<Self, LedgerError> {
        let database = Database::of_url(url, schema)?.with_authorities(authorities);
        let inner = open(&database, options).await?;
        let connection = Timed { inner, answer_timeout: options.answer_timeout, database: database.clone() };
        Ok(Self { connection, database, options, last_look: Arc::default(), commits: Commits::default() })
    }

    /// Makes or updates the tables of the schema, and on PostgreSQL the schemas and on MySQL the databases that contain
    /// them. A second call changes nothing. Of several programs that start at once one migrates and the others wait.
    ///
    /// # Errors
    /// [`LedgerError::Schema`] when the database belongs to a newer or another program (it is left untouched then), or
    /// when this user lacks a right: the text names the statement and the user who must run it.
    pub async fn migrate(&self) -> Result<(), LedgerError> {
        migrations::migrate(self).await
    }

    /// Compares the tables with the migrations of this program. Reads only.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`].
    pub async fn schema_state(&self) -> Result<SchemaState, LedgerError> {
        self.connection.within(migrations::state(&self.database, self.pool())).await
    }

    /// Whether the tables are exactly those of this program. Reads only.
    ///
    /// # Errors
    /// [`LedgerError::Schema`] when they belong to a newer or another program.
    pub async fn is_migrated(&self) -> Result<bool, LedgerError> {
        migrations::is_current(self.schema_state().await?)
    }

    /// Checks that the database answers.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`].
    pub async fn ping(&self) -> Result<(), LedgerError> {
        Ok(self.connection.within(self.pool().ping()).await?)
    }

    /// Closes the pool; later queries fail with [`LedgerError::Unavailable`].
    ///
    /// # Errors
    /// [`LedgerError::Other`].
    pub async fn close(&self) -> Result<(), LedgerError> {
        Ok(self.pool().close_by_ref().await?)
    }

    /// For statements outside of a change.
    pub fn connection(&self) -> &Timed<DatabaseConnection> {
        &self.connection
    }

    /// For changes, which have a time limit of their own.
    pub(crate) fn pool(&self) -> &DatabaseConnection {
        &self.connection.inner
    }

    /// Changes whenever a consumer of this process has committed what came from messages. What other processes commit
    /// does not show.
    pub fn processed(&self) -> watch::Receiver<()> {
        self.commits.processed()
    }

    pub(crate) fn commit_news(&self) -> &Commits {
        &self.commits
    }

    pub(crate) fn last_look(&self) -> &Mutex<LastLook> {
        &self.last_look
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) fn options(&self) -> LedgerOptions {
        self.options
    }
}

async fn open(database: &Database, limits: LedgerOptions) -> Result<DatabaseConnection, LedgerError> {
    if let Some(file) = database.file() {
        files::prepare_database(&file).map_err(|error| LedgerError::Unavailable(Cause::from(error.to_string())))?;
    }
    let mut options = pool::options(database, limits);
    match (sea_orm::Database::connect(options.clone()).await, database.backend) {
        (Err(error), DbBackend::MySql) if is_missing_database(&error) => {
            Ok(sea_orm::Database::connect(options.connect_lazy(true).clone()).await?)
        }
        // MySQL does not tell a user without rights on a database whether the database exists.
        (Err(error), DbBackend::MySql) if lacks_right(&error) => {
            Err(schemas::denied_database(database, database.name()))
        }
        (Err(error), DbBackend::Postgres) if is_missing_database(&error) => Err(schemas::missing_database(database)),
        (Err(error), _) => Err(cause::of_silence(database, error).await.into()),
        (Ok(connection), _) => Ok(connection),
    }
}
