//! Answers kept under an `Idempotency-Key`, for 24 hours.

use super::kept_row::{ActiveModel, Column, Entity, Model};
use super::m20261129_000004_calls::LOCATION_LENGTH;
use crate::change::Transaction;
use crate::connect::Ledger;
use crate::error::LedgerError;
use crate::moment::stored;
use call::Keyed;
use domain::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, SqlErr,
};
use std::time::Duration;

/// How long an answer is kept, in seconds.
pub const KEPT_SECONDS: i64 = 24 * 3_600;
/// Rows removed in one statement: no other change waits long for SQLite's write lock.
const PURGED_AT_ONCE: u64 = 500;
/// Time between two removals of what has run out.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// An answer as it is told again. Its body is JSON, or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status, 200 to 299.
    pub status: u16,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// The header `Location`.
    pub location: Option<String>,
}

/// What is kept under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or what has run out.
    Nothing,
    /// The key of a call with other content.
    Other,
    /// The effect stands; its answer was not kept.
    Done,
    /// The answer.
    Answer(Answer),
}

impl Found {
    fn of(row: Model, fingerprint: &str) -> Self {
        if row.fingerprint != fingerprint {
            return Self::Other;
        }
        match row.status.map(u16::try_from) {
            Some(Ok(status)) => {
                Self::Answer(Answer { status, body: row.body.unwrap_or_default(), location: row.location })
            }
            _ => Self::Done,
        }
    }
}

/// What is kept under this key.
///
/// # Errors
/// [`LedgerError`].
pub async fn find(ledger: &Ledger, keyed: &Keyed) -> Result<Found, LedgerError> {
    find_on(ledger.connection(), keyed).await
}

async fn find_on<C: ConnectionTrait>(connection: &C, keyed: &Keyed) -> Result<Found, LedgerError> {
    let row = Entity::find().filter(is(keyed)).filter(Column::CreatedAt.gt(stored(end(clock::now())))).one(connection);
    Ok(row.await?.map_or(Found::Nothing, |row| Found::of(row, &keyed.fingerprint)))
}

/// What was made up to this moment has run out.
fn end(now: Timestamp) -> Timestamp {
    now.plus_seconds(-KEPT_SECONDS)
}

fn is(keyed: &Keyed) -> Condition {
    Condition::all().add(Column::Scope.eq(keyed.scope.as_str())).add(Column::Key.eq(keyed.key.as_str()))
}

/// Records in the change that it is the effect of this call.
///
/// # Errors
/// [`LedgerError::CallRepeated`] when another run of the call has stored its effect first. Others.
pub(super) async fn mark_done(change: &Transaction, keyed: &Keyed) -> Result<(), LedgerError> {
    insert(change, keyed, None).await
}

/// Keeps the answer. Returns the one that counts: that of another run which was first, if there was one.
///
/// # Errors
/// [`LedgerError`].
pub async fn keep(ledger: &Ledger, keyed: &Keyed, answer: &Answer) -> Result<Found, LedgerError> {
    let keep = async |change: Transaction| {
        let kept = Entity::update_many()
            .col_expr(Column::Status, Expr::value(i32::from(answer.status)))
            .col_expr(Column::Body, Expr::value(answer.body.clone()))
            .col_expr(Column::Location, Expr::value(location(answer)))
            .filter(is(keyed))
            .filter(Column::Fingerprint.eq(keyed.fingerprint.as_str()))
            .filter(Column::Status.is_null())
            .exec(change.connection())
            .await?;
        if kept.rows_affected == 0 {
            match find_on(change.connection(), keyed).await? {
                // The call changed nothing.
                Found::Nothing => insert(&change, keyed, Some(answer)).await?,
                found => return Ok(found),
            }
        }
        change.commit().await?;
        Ok(Found::Answer(answer.clone()))
    };
    match ledger.change(keep).await {
        Err(LedgerError::CallRepeated) => find(ledger, keyed).await,
        kept => kept,
    }
}

fn location(answer: &Answer) -> Option<String> {
    answer.location.clone().filter(|location| location.len() <= LOCATION_LENGTH as usize)
}

async fn insert(change: &Transaction, keyed: &Keyed, answer: Option<&Answer>) -> Result<(), LedgerError> {
    let now = clock::now();
    let run_out = Entity::delete_many().filter(is(keyed)).filter(Column::CreatedAt.lte(stored(end(now))));
    run_out.exec(change.connection()).await?;
    let row = ActiveModel {
        scope: Set(keyed.scope.clone()),
        key: Set(keyed.key.clone()),
        fingerprint: Set(keyed.fingerprint.clone()),
        status: Set(answer.map(|answer| i32::from(answer.status))),
        body: Set(answer.map(|answer| answer.body.clone())),
        location: Set(answer.and_then(location)),
        created_at: Set(stored(now)),
    };
    let insert = Entity::insert(row).exec_without_returning(change.connection());
    insert.await.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => LedgerError::CallRepeated,
        _ => error.into(),
    })?;
    Ok(())
}

/// Removes what has run out, in small steps. Returns the number of rows.
///
/// # Errors
/// [`LedgerError`]; the next run removes the rest.
pub async fn purge(ledger: &Ledger, now: Timestamp) -> Result<u64, LedgerError> {
    let mut removed = 0;
    loop {
        let old: Vec<(String, String)> = Entity::find()
            .select_only()
            .column(Column::Scope)
            .column(Column::Key)
            .filter(Column::CreatedAt.lte(stored(end(now))))
            .limit(PURGED_AT_ONCE)
            .into_tuple()
            .all(ledger.connection())
            .await?;
        if old.is_empty() {
            return Ok(removed);
        }
        let mut any = Condition::any();
        for (scope, key) in old {
            any = any.add(Condition::all().add(Column::Scope.eq(scope)).add(Column::Key.eq(key)));
        }
        let old = Entity::delete_many().filter(any).filter(Column::CreatedAt.lte(stored(end(now))));
        removed += old.exec(ledger.connection()).await?.rows_affected;
    }
}

/// Runs [`purge`] at the start and then every ten minutes, until the process ends.
pub async fn purge_in_background(ledger: Ledger) {
    loop {
        match purge(&ledger, clock::now()).await {
            Ok(rows) => tracing::debug!(rows, "kept answers that have run out were removed"),
            Err(error) => tracing::warn!(%error, "kept answers that have run out cannot be removed now"),
        }
        tokio::time::sleep(PURGE_EVERY).await;
    }
}
