//! Why no connection can be had. The pool tries until its time is up and then says only that it is; one attempt beside it
//! says why, and where.

use crate::database::Database;
use sea_orm::sqlx::{self, Connection, MySqlConnection, PgConnection};
use sea_orm::{DbBackend, DbErr, RuntimeErr};
use std::time::Duration;

/// Longest time of the attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

/// The same error, or the reason why no connection could be made in time, with the address.
pub(crate) async fn of_silence(database: &Database, error: DbErr) -> DbErr {
    if !is_silence(&error) {
        return error;
    }
    let Some(address) = database.address() else { return error };
    match tokio::time::timeout(ATTEMPT_TIMEOUT, connect(database)).await {
        Ok(Ok(())) => {
            DbErr::Conn(RuntimeErr::Internal(format!("{address}: every connection of the pool is in use ({error})")))
        }
        // The server's own refusal keeps its class: a missing database is not an unavailable one.
        Ok(Err(sqlx::Error::Database(refusal))) => {
            DbErr::Conn(RuntimeErr::SqlxError(sqlx::Error::Database(refusal).into()))
        }
        Ok(Err(why)) => DbErr::Conn(RuntimeErr::Internal(format!("{address}: {why}"))),
        Err(_) => {
            let seconds = ATTEMPT_TIMEOUT.as_secs();
            DbErr::Conn(RuntimeErr::Internal(format!("{address}: no answer within {seconds} s")))
        }
    }
}

fn is_silence(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(RuntimeErr::SqlxError(error)) => {
            let error: &sqlx::Error = error;
            matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::Tls(_))
        }
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            let error: &sqlx::Error = error;
            matches!(error, sqlx::Error::PoolTimedOut)
        }
        _ => false,
    }
}

async fn connect(database: &Database) -> Result<(), sqlx::Error> {
    match database.backend {
        DbBackend::Postgres => PgConnection::connect_with(&database.postgres()?).await?.close().await,
        DbBackend::MySql => MySqlConnection::connect_with(&database.mysql()?).await?.close().await,
        _ => Ok(()),
    }
}
