//! Whose turn it is: of several programs that begin at once one changes the tables.

use crate::change::Transaction;
use crate::error::LedgerError;
use crate::place::Place;
use sea_orm::sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sea_orm::sqlx::{self, Connection};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// Longest wait for the one before.
const TURN_SECONDS: u32 = 60;
/// "onsale" in ASCII: the number of the lock within the database.
const POSTGRES_LOCK: i64 = 0x6f6e_7361_6c65;
/// MySQL's longest name of a lock.
const LOCK_NAME_MAX: usize = 64;

/// Waits until nobody else changes the tables of this database; until the end of `change` it is our turn.
pub(super) async fn wait_on_postgres(change: &Transaction) -> Result<(), LedgerError> {
    // Waiting for the one before, and changing a large table, may take longer than a statement otherwise may.
    for line in [
        "SET LOCAL statement_timeout = 0".to_owned(),
        format!("SET LOCAL lock_timeout = '{TURN_SECONDS}s'"),
        format!("SELECT pg_advisory_xact_lock({POSTGRES_LOCK})"),
    ] {
        change.connection().execute_raw(Statement::from_string(DbBackend::Postgres, line)).await?;
    }
    Ok(())
}

/// Our turn on a MySQL server, held by a connection of its own that names no database.
pub(super) struct MysqlTurn(pub MySqlConnection);

impl MysqlTurn {
    /// Waits until nobody else changes tables beside those of this place.
    pub(super) async fn wait(place: &Place) -> Result<Self, LedgerError> {
        let options: MySqlConnectOptions = place.url.parse()?;
        // The one database that is there for everyone.
        let mut connection = MySqlConnection::connect_with(&options.database("information_schema")).await?;
        // Those who share tables wait for each other.
        let name = format!("onsale migrate {}", place.common.as_deref().unwrap_or(place.name()));
        let name: String = name.chars().take(LOCK_NAME_MAX).collect();
        let question = sqlx::query_scalar("SELECT GET_LOCK(?, ?)").bind(name).bind(TURN_SECONDS);
        match question.fetch_one(&mut connection).await? {
            Some(1_i64) => Ok(Self(connection)),
            _ => Err(LedgerError::Unreachable(format!(
                "another program has been changing the tables for {TURN_SECONDS} s"
            ))),
        }
    }

    /// Gives the turn to the next one, as the server also does when the connection is lost.
    pub(super) async fn end(self) {
        if let Err(error) = self.0.close().await {
            tracing::debug!(%error, "the connection that held the turn was lost");
        }
    }
}
