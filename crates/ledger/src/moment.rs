//! Converts between [`Timestamp`] and the databases' times. Milliseconds survive both ways.

use crate::database::Database;
use domain::Timestamp;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{Condition, DbBackend};

/// The latest moment that all three databases can hold (9999-12-31T23:59:59.999).
const LATEST_MS: i64 = 253_402_300_799_999;

/// A moment as the databases store it. A moment outside 1970..9999 becomes the nearer end.
pub fn stored(at: Timestamp) -> DateTimeUtc {
    DateTimeUtc::from_timestamp_millis(at.millis().clamp(0, LATEST_MS)).unwrap_or_default()
}

/// A stored time as a moment.
pub fn read(at: DateTimeUtc) -> Timestamp {
    Timestamp(at.timestamp_millis())
}

/// The time of writing, for columns that say when a row was made. No rule depends on it.
pub fn now() -> DateTimeUtc {
    stored(clock::now())
}

/// Whether the time of this expression, a column or one of several, is before `end`.
///
/// SQLite keeps times as texts. Other programs write a space where the driver writes a `T`, and then a text that sorts before
/// `end` may be later on the same day: the index finds the texts, and SQLite reads what it has found.
pub(crate) fn is_before(database: &Database, at: Expr, end: Timestamp) -> Condition {
    let end = stored(end);
    let is_found = Condition::all().add(at.clone().lt(end));
    if database.backend != DbBackend::Sqlite {
        return is_found;
    }
    let as_time = |text: Expr| Expr::from(Func::cust("datetime").arg(text));
    is_found.add(as_time(at).lt(as_time(Expr::value(end))))
}
