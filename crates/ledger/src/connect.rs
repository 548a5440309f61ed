//! Reaching the database.

use crate::asked::Asked;
use crate::error::{LedgerError, is_missing_database, lacks_right};
use crate::migrations::{self, SchemaState, schemas};
use crate::place::Place;
use crate::pool;
use sea_orm::{Database, DatabaseConnection, DbBackend};
use std::path::Path;
use std::time::Duration;

/// File of the embedded ledger inside `data.dir`.
const EMBEDDED_FILE: &str = "coupon_service.sqlite";

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
    /// Longest wait for SQLite's one writer, and for a row that another change holds.
    pub busy_timeout: Duration,
    /// Longest wait for an answer outside of changes.
    pub answer_timeout: Duration,
    /// Longest that a whole change may take with all its tries; on PostgreSQL also one statement.
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

/// A pool of connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    connection: Asked<DatabaseConnection>,
    place: Place,
    options: LedgerOptions,
}

impl Ledger {
    /// Connects to `sqlite:`, `postgres://` or `mysql://`. Does not touch the tables: see [`Ledger::migrate`].
    ///
    /// On MySQL a database that is not there yet is no error here: [`Ledger::migrate`] makes it where it may.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`] when nobody answers or the file can not be opened; [`LedgerError::Schema`] when
    /// the url can not be used, or its database has to be made first.
    pub async fn connect(url: &str, options: LedgerOptions) -> Result<Self, LedgerError> {
        let place = Place::of_url(url)?;
        let inner = open(&place, options).await?;
        let connection = Asked { inner, answer_timeout: options.answer_timeout };
        Ok(Self { connection, place, options })
    }

    /// Makes or updates the tables, and on PostgreSQL the schemas, on MySQL the databases that they stand in. Again
    /// changes nothing. Of several programs that begin at once one does it and the others wait for it.
    ///
    /// # Errors
    /// [`LedgerError::Schema`] when the database is of a newer or another program (it is left untouched then), or when
    /// this user may not do what is to be done: the text says who must run which line.
    pub async fn migrate(&self) -> Result<(), LedgerError> {
        migrations::migrate(self).await
    }

    /// How the tables stand to this program. Reads only.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    pub async fn schema_state(&self) -> Result<SchemaState, LedgerError> {
        self.connection.within(migrations::state(&self.place, self.pool())).await
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
        Ok(self.connection.within(self.pool().ping()).await?)
    }

    /// Closes the pool; queries after this are refused as unreachable.
    ///
    /// # Errors
    /// [`LedgerError::Other`].
    pub async fn close(&self) -> Result<(), LedgerError> {
        Ok(self.pool().close_by_ref().await?)
    }

    /// For questions outside of changes.
    pub(crate) fn connection(&self) -> &Asked<DatabaseConnection> {
        &self.connection
    }

    /// For changes, which limit their time themselves.
    pub(crate) fn pool(&self) -> &DatabaseConnection {
        &self.connection.inner
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn options(&self) -> LedgerOptions {
        self.options
    }
}

async fn open(place: &Place, limits: LedgerOptions) -> Result<DatabaseConnection, LedgerError> {
    let mut options = pool::options(place, limits);
    match (Database::connect(options.clone()).await, place.backend) {
        (Err(error), DbBackend::MySql) if is_missing_database(&error) => {
            Ok(Database::connect(options.connect_lazy(true).clone()).await?)
        }
        // To users without rights on it MySQL does not say whether there is such a database.
        (Err(error), DbBackend::MySql) if lacks_right(&error) => Err(schemas::denied_database(place, place.name())),
        (Err(error), DbBackend::Postgres) if is_missing_database(&error) => Err(schemas::missing_database(place)),
        (outcome, _) => Ok(outcome?),
    }
}
