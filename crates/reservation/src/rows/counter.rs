//! The counter of holds, and the time by the database (holes 7, 15).

use super::entities::hold_counter::{Column, Entity};
use domain::Timestamp;
use ledger::{LedgerError, Transaction};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, Statement};

/// The only row.
const ROW: i16 = 1;

/// Whose clock decides whether a hold has run out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeSource {
    /// The database's, in the deciding transaction, so that all instances have one; of a file the process's (hole 15).
    #[default]
    Database,
    /// The process's, for tests that set it.
    Process,
}

/// What a transaction decides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Now.
    pub now: Timestamp,
    /// The number of the hold that was drawn last, not locked.
    pub hold_no: i64,
}

/// Reads counter and clock. To be called when the rows that are decided on are locked: what was waited for has passed.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn moment(connection: &impl ConnectionTrait, source: TimeSource) -> Result<Moment, LedgerError> {
    let backend = connection.get_database_backend();
    let clock = match (source, backend) {
        (TimeSource::Database, DbBackend::Postgres) => {
            "CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)"
        }
        // Unlike NOW() it goes on while a transaction waits.
        (TimeSource::Database, DbBackend::MySql) => "CAST(FLOOR(UNIX_TIMESTAMP(SYSDATE(6)) * 1000) AS SIGNED)",
        _ => return Ok(Moment { now: clock::now(), hold_no: last(connection).await? }),
    };
    let sql = format!("SELECT value, {clock} AS now_ms FROM hold_counter WHERE id = {ROW}");
    let row = connection.query_one_raw(Statement::from_string(backend, sql)).await?;
    let row = row.ok_or_else(|| LedgerError::damaged("the counter of holds is missing"))?;
    Ok(Moment { hold_no: row.try_get("", "value")?, now: Timestamp(row.try_get("", "now_ms")?) })
}

/// The number that was drawn last.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn last(connection: &impl ConnectionTrait) -> Result<i64, LedgerError> {
    let row = Entity::find_by_id(ROW).one(connection).await?;
    row.map(|row| row.value).ok_or_else(|| LedgerError::damaged("the counter of holds is missing"))
}

/// Locks the counter until the change ends, and reads it: numbers are drawn one at a time, in the order of commits. So of two
/// transactions that make a seat live the later one has the greater number, and none is ever drawn twice (hole 7).
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn lock(change: &Transaction) -> Result<i64, LedgerError> {
    let row = Entity::find().filter(Column::Id.eq(ROW)).lock_exclusive().one(change.connection()).await?;
    row.map(|row| row.value).ok_or_else(|| LedgerError::damaged("the counter of holds is missing"))
}

/// Stores the number that was drawn last. The counter must be locked. It is never set back.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn store(change: &Transaction, value: i64) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::Value, Expr::value(value))
        .filter(Column::Id.eq(ROW))
        .filter(Column::Value.lte(value))
        .exec(change.connection())
        .await?;
    Ok(())
}
