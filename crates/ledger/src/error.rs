//! The errors of a database, by the caller's next step.

use sea_orm::sqlx;
use sea_orm::sqlx::error::{DatabaseError, ErrorKind};
use sea_orm::sqlx::mysql::MySqlDatabaseError;
use sea_orm::{DbErr, RuntimeErr};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why a statement or a change failed. The text includes the cause's; `source()` leads to the driver's own error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The database does not answer, is too busy, is read-only, has a full disk, or refuses our log-in. Only what was
    /// acknowledged is stored; trying again later is right.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[source] Cause),
    /// Two changes collided and the database undid this one: nothing was stored, repeating it at once is right.
    /// [`crate::Ledger::change`] does so and never returns this error.
    #[error("the database undid the change in favour of another: {0}")]
    LostRace(#[source] Cause),
    /// A constraint refused the row, or another change came first. Repeating the same change will not help.
    #[error("refused by the database: {0}")]
    Conflict(#[source] Cause),
    /// Another run of the same call has stored its effect, under the same `Idempotency-Key`: nothing was stored by this one.
    #[error("another run of the same call has stored its effect")]
    CallRepeated,
    /// The URL, the database or its tables are not as this program needs them; the text says what to do.
    #[error("{0}")]
    Schema(String),
    /// Anything else: a programming error or a damaged row.
    #[error("the database failed: {0}")]
    Other(#[source] Cause),
}

/// The cause of a [`LedgerError`]: the driver's error, or a text of our own. Two causes are equal when they read the
/// same.
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Cause {}

impl From<DbErr> for Cause {
    fn from(error: DbErr) -> Self {
        Self(Arc::new(error))
    }
}

impl From<sqlx::Error> for Cause {
    fn from(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<String> for Cause {
    fn from(text: String) -> Self {
        Self(Box::<dyn Error + Send + Sync>::from(text).into())
    }
}

impl From<&str> for Cause {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl LedgerError {
    /// A row that cannot be read back into the domain's types; `what` names the column.
    pub fn damaged(what: &str) -> Self {
        Self::Other(format!("a row contains an impossible value: {what}").into())
    }

    /// A change that our own code refuses, for example because another change came first.
    pub fn conflict(why: impl Into<Cause>) -> Self {
        Self::Conflict(why.into())
    }
}

impl From<DbErr> for LedgerError {
    fn from(error: DbErr) -> Self {
        let class = match (&error, driver_error(&error)) {
            // A refusal of a new connection is never the fault of a row.
            (DbErr::Conn(_), Some(driver)) => match classify(driver) {
                Class::Conflict | Class::Other => Class::Unavailable,
                class => class,
            },
            (_, Some(driver)) => classify(driver),
            (DbErr::ConnectionAcquire(_) | DbErr::Conn(_), None) => Class::Unavailable,
            _ => Class::Other,
        };
        class.with(error.into())
    }
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        classify(&error).with(error.into())
    }
}

/// Whether the server answers but has no such database.
pub(crate) fn is_missing_database(error: &DbErr) -> bool {
    let Some(refusal) = driver_error(error).and_then(sqlx::Error::as_database_error) else { return false };
    match refusal.try_downcast_ref::<MySqlDatabaseError>() {
        Some(mysql) => mysql.number() == 1049,
        None => refusal.code().is_some_and(|code| code == "3D000"),
    }
}

/// Whether a user with more rights would succeed.
pub(crate) fn lacks_right(error: &DbErr) -> bool {
    driver_error(error).is_some_and(is_denied)
}

/// As [`lacks_right`].
pub(crate) fn is_denied(error: &sqlx::Error) -> bool {
    let Some(refusal) = error.as_database_error() else { return false };
    match refusal.try_downcast_ref::<MySqlDatabaseError>() {
        Some(mysql) => matches!(mysql.number(), 1044 | 1142 | 1227),
        None => refusal.code().is_some_and(|code| code == "42501"),
    }
}

/// Whether SQLite refused an empty row for the values that it lacks, and for nothing else.
pub(crate) fn lacks_values(error: &DbErr) -> bool {
    let Some(refusal) = driver_error(error).and_then(|error| error.as_database_error()) else { return false };
    let is_by_trigger = refusal.code().is_some_and(|code| code == "1811");
    let lacks = matches!(
        refusal.kind(),
        ErrorKind::NotNullViolation
            | ErrorKind::CheckViolation
            | ErrorKind::UniqueViolation
            | ErrorKind::ForeignKeyViolation
    );
    lacks && !is_by_trigger
}

pub(crate) fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

/// What a failure means for the caller: the variants of [`LedgerError`] that carry a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Unavailable,
    LostRace,
    Conflict,
    Other,
}

impl Class {
    fn with(self, cause: Cause) -> LedgerError {
        match self {
            Self::Unavailable => LedgerError::Unavailable(cause),
            Self::LostRace => LedgerError::LostRace(cause),
            Self::Conflict => LedgerError::Conflict(cause),
            Self::Other => LedgerError::Other(cause),
        }
    }
}

fn classify(error: &sqlx::Error) -> Class {
    match error {
        sqlx::Error::Database(refusal) => classify_refusal(refusal.as_ref()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Class::Unavailable,
        _ => Class::Other,
    }
}

fn classify_refusal(refusal: &(dyn DatabaseError + 'static)) -> Class {
    match refusal.kind() {
        ErrorKind::UniqueViolation
        | ErrorKind::ForeignKeyViolation
        | ErrorKind::NotNullViolation
        | ErrorKind::CheckViolation => Class::Conflict,
        _ => match (refusal.try_downcast_ref::<MySqlDatabaseError>(), refusal.code()) {
            (Some(mysql), _) => of_mysql(mysql.number()),
            // SQLite's codes are numbers below 10,000; PostgreSQL's have five letters.
            (None, Some(code)) if code.len() < 5 => of_sqlite(&code),
            (None, Some(code)) => of_postgres(&code),
            (None, None) => Class::Other,
        },
    }
}

/// Busy, locked, read-only, I/O error, damaged, full, cannot open, not a database: the low byte of SQLite's code. A
/// damaged file counts as unavailable: it is better that consumers pause than that every message becomes a dead letter.
fn of_sqlite(code: &str) -> Class {
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6 | 8 | 10 | 11 | 13 | 14 | 26) => Class::Unavailable,
        _ => Class::Other,
    }
}

/// Unavailable: connection, log-in, resources, operator, system, damage; a lock that was not granted in time; a read-only
/// server after a failover; rights, schemas or tables that an operator has removed. A value that no column can hold is a
/// conflict.
fn of_postgres(code: &str) -> Class {
    match code {
        "40001" | "40P01" => Class::LostRace,
        "25006" | "25P03" | "25P04" | "42501" | "42P01" | "3F000" | "3D000" | "55P03" => Class::Unavailable,
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "28" | "40" | "53" | "57" | "58" | "XX" => Class::Unavailable,
            "22" | "23" => Class::Conflict,
            _ => Class::Other,
        },
    }
}

/// The same as [`of_postgres`] in MySQL's and MariaDB's numbers.
fn of_mysql(number: u16) -> Class {
    match number {
        // Lock wait, deadlock, record changed since it was read.
        1020 | 1205 | 1213 => Class::LostRace,
        // Disk or table full, out of memory, files that cannot be written, engine failed.
        3 | 1021 | 1026 | 1030 | 1037 | 1038 | 1041 | 1114 | 1135 | 1180 => Class::Unavailable,
        // Too many connections, log-in refused, rights, no such database or table.
        1040 | 1044 | 1045 | 1049 | 1129 | 1130 | 1142 | 1143 | 1146 | 1203 | 1226 | 1227 | 1698 | 4151 => {
            Class::Unavailable
        }
        // Not ready, shutting down, network, interrupted, connection ended, statement took too long.
        1047 | 1053 | 1079 | 1152 | 1158..=1161 | 1184 | 1317 | 1927 | 1969 | 3024 | 4031 => Class::Unavailable,
        // Read-only.
        1290 | 1792 | 1836 | 3100 => Class::Unavailable,
        // Out of range, truncated, no such value, too long, a data error in a function, an invalid JSON text.
        1264 | 1265 | 1292 | 1366 | 1406 | 1411 | 3140 => Class::Conflict,
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_failures_are_unavailable_and_others_are_not() {
        for code in ["5", "261", "517", "6", "13", "14", "778", "26"] {
            assert_eq!(of_sqlite(code), Class::Unavailable, "{code}");
        }
        for code in ["1", "19", "2067", "787"] {
            assert_eq!(of_sqlite(code), Class::Other, "{code}");
        }
        for code in ["08006", "53100", "57P01", "25006", "28P01", "42501", "XX001"] {
            assert_eq!(of_postgres(code), Class::Unavailable, "{code}");
        }
        for code in ["40001", "40P01"] {
            assert_eq!(of_postgres(code), Class::LostRace, "{code}");
        }
        for code in ["22001", "22021", "23505"] {
            assert_eq!(of_postgres(code), Class::Conflict, "{code}");
        }
        assert_eq!(of_postgres("42601"), Class::Other);
        for (number, class) in [
            (1205, Class::LostRace),
            (1021, Class::Unavailable),
            (1290, Class::Unavailable),
            (1406, Class::Conflict),
            (1064, Class::Other),
        ] {
            assert_eq!(of_mysql(number), class, "{number}");
        }
    }

    #[test]
    fn the_drivers_error_is_found_behind_a_ledger_error() {
        let error = LedgerError::from(DbErr::Conn(RuntimeErr::SqlxError(sqlx::Error::PoolTimedOut.into())));
        assert!(matches!(error, LedgerError::Unavailable(_)), "{error:?}");
        let mut chain = std::iter::successors(Some(&error as &dyn Error), |error| (*error).source());
        assert!(chain.any(|cause| matches!(cause.downcast_ref(), Some(DbErr::Conn(_)))));
    }
}
