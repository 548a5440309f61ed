//! The lock on migrations: of several programs that start at once one changes the tables.

use crate::change::Transaction;
use crate::database::Database;
use crate::error::LedgerError;
use sea_orm::sqlx::mysql::MySqlConnection;
use sea_orm::sqlx::{self, Connection};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// Longest wait for the lock.
const WAIT_SECONDS: u32 = 60;
/// "onsale" in ASCII: the number of the lock within a PostgreSQL database.
const POSTGRES_LOCK: i64 = 0x6f6e_7361_6c65;
/// Longest name of a MySQL lock.
const LOCK_NAME_MAX: usize = 64;

/// Locks the migrations of this PostgreSQL database, those of every schema, until `change` ends.
pub(super) async fn acquire_on_postgres(change: &Transaction) -> Result<(), LedgerError> {
    // Waiting for the lock, and changing a large table, may take longer than other statements may.
    for line in [
        "SET LOCAL statement_timeout = 0".to_owned(),
        format!("SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"),
        format!("SELECT pg_advisory_xact_lock({POSTGRES_LOCK})"),
    ] {
        change.connection().execute_raw(Statement::from_string(DbBackend::Postgres, line)).await?;
    }
    Ok(())
}

/// The lock on a MySQL server. It is held by a connection of its own that names no database.
pub(super) struct MigrationLock(pub MySqlConnection);

impl MigrationLock {
    /// Waits for the lock. Schemas that share their common tables share the lock.
    pub(super) async fn acquire(database: &Database) -> Result<Self, LedgerError> {
        let options = database.mysql()?;
        // This database exists on every server.
        let mut connection = MySqlConnection::connect_with(&options.database("information_schema")).await?;
        let name = format!("onsale migrate {}", database.common.as_deref().unwrap_or(database.name()));
        let name: String = name.chars().take(LOCK_NAME_MAX).collect();
        let question = sqlx::query_scalar("SELECT GET_LOCK(?, ?)").bind(name).bind(WAIT_SECONDS);
        match question.fetch_one(&mut connection).await? {
            Some(1_i64) => Ok(Self(connection)),
            _ => Err(LedgerError::Unavailable(
                format!("another program has been changing the tables for {WAIT_SECONDS} s").into(),
            )),
        }
    }

    /// Releases the lock, as the server also does when the connection is lost.
    pub(super) async fn release(self) {
        if let Err(error) = self.0.close().await {
            tracing::debug!(%error, "the connection that held the migration lock was lost");
        }
    }
}
