//! What can go wrong with a database, sorted by what the caller should do about it.

use sea_orm::sqlx;
use sea_orm::sqlx::error::{DatabaseError, ErrorKind};
use sea_orm::sqlx::mysql::MySqlDatabaseError;
use sea_orm::{DbErr, RuntimeErr};

/// Why a query was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The database is away, too busy, read-only, its disk is full, or it does not let us in. Nothing was kept that was
    /// not acknowledged; trying again later is right.
    #[error("the database can not be reached: {0}")]
    Unreachable(String),
    /// Two changes got in each other's way and the database undid this one: nothing was kept, the same again at once is
    /// right. [`crate::Ledger::change`] does so by itself and never gives this back.
    #[error("the database undid the change in favour of another: {0}")]
    LostRace(String),
    /// A constraint refused the row, or somebody else changed it first. Trying the same again will not help.
    #[error("refused by the database: {0}")]
    Conflict(String),
    /// The url, the database or its tables are not as this program needs them; the text says what to do.
    #[error("{0}")]
    Schema(String),
    /// Anything else: a programmer's mistake or a damaged row.
    #[error("the database failed: {0}")]
    Other(String),
}

impl LedgerError {
    /// A row that can not be read back into the field's types.
    pub(crate) fn damaged(what: &str) -> Self {
        Self::Other(format!("a row holds what can not be: {what}"))
    }
}

impl From<DbErr> for LedgerError {
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        match (&error, cause(&error)) {
            // Whatever a server has against a new connection, it is no fault of a row.
            (DbErr::Conn(_), Some(cause))
                if matches!(sort(cause, String::new()), Self::Conflict(_) | Self::Other(_)) =>
            {
                Self::Unreachable(text)
            }
            (_, Some(cause)) => sort(cause, text),
            (DbErr::ConnectionAcquire(_) | DbErr::Conn(_), None) => Self::Unreachable(text),
            _ => Self::Other(text),
        }
    }
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        sort(&error, text)
    }
}

/// Whether the server answers but has no such database.
pub(crate) fn is_missing_database(error: &DbErr) -> bool {
    let Some(refusal) = cause(error).and_then(sqlx::Error::as_database_error) else { return false };
    match refusal.try_downcast_ref::<MySqlDatabaseError>() {
        Some(mysql) => mysql.number() == 1049,
        None => refusal.code().is_some_and(|code| code == "3D000"),
    }
}

/// Whether the database would do it for a user with more rights.
pub(crate) fn lacks_right(error: &DbErr) -> bool {
    cause(error).is_some_and(is_denied)
}

/// As [`lacks_right`].
pub(crate) fn is_denied(error: &sqlx::Error) -> bool {
    let Some(refusal) = error.as_database_error() else { return false };
    match refusal.try_downcast_ref::<MySqlDatabaseError>() {
        Some(mysql) => matches!(mysql.number(), 1044 | 1142 | 1227),
        None => refusal.code().is_some_and(|code| code == "42501"),
    }
}

fn cause(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

fn sort(cause: &sqlx::Error, text: String) -> LedgerError {
    match cause {
        sqlx::Error::Database(refusal) => sort_refusal(refusal.as_ref(), text),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => LedgerError::Unreachable(text),
        _ => LedgerError::Other(text),
    }
}

/// How a refusal is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Away,
    LostRace,
    Conflict,
    Other,
}

fn sort_refusal(refusal: &(dyn DatabaseError + 'static), text: String) -> LedgerError {
    let sort = match refusal.kind() {
        ErrorKind::UniqueViolation
        | ErrorKind::ForeignKeyViolation
        | ErrorKind::NotNullViolation
        | ErrorKind::CheckViolation => Sort::Conflict,
        _ => match (refusal.try_downcast_ref::<MySqlDatabaseError>(), refusal.code()) {
            (Some(mysql), _) => of_mysql(mysql.number()),
            // SQLite's codes are numbers below 10,000; PostgreSQL's have five letters.
            (None, Some(code)) if code.len() < 5 => of_sqlite(&code),
            (None, Some(code)) => of_postgres(&code),
            (None, None) => Sort::Other,
        },
    };
    match sort {
        Sort::Away => LedgerError::Unreachable(text),
        Sort::LostRace => LedgerError::LostRace(text),
        Sort::Conflict => LedgerError::Conflict(text),
        Sort::Other => LedgerError::Other(text),
    }
}

/// Busy, locked, read-only, I/O error, damaged, full, can not open, not a database: the low byte of SQLite's
/// code. A damaged file counts too: better that consumers pause than that every message becomes a dead letter.
fn of_sqlite(code: &str) -> Sort {
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6 | 8 | 10 | 11 | 13 | 14 | 26) => Sort::Away,
        _ => Sort::Other,
    }
}

/// Away: connection, log-in, resources, operator, system, damage; a lock that was not to be had; a read-only server
/// after a failover; rights, schemas or tables that an operator has taken away. A value that no column can hold is the
/// row's own fault.
fn of_postgres(code: &str) -> Sort {
    match code {
        "40001" | "40P01" => Sort::LostRace,
        "25006" | "25P03" | "25P04" | "42501" | "42P01" | "3F000" | "3D000" | "55P03" => Sort::Away,
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "28" | "40" | "53" | "57" | "58" | "XX" => Sort::Away,
            "22" | "23" => Sort::Conflict,
            _ => Sort::Other,
        },
    }
}

/// The same as [`of_postgres`] in MySQL's and MariaDB's numbers.
fn of_mysql(number: u16) -> Sort {
    match number {
        // Lock wait, deadlock, record changed since it was read.
        1020 | 1205 | 1213 => Sort::LostRace,
        // Disk or table full, out of memory, files that can not be written, engine failed.
        3 | 1021 | 1026 | 1030 | 1037 | 1038 | 1041 | 1114 | 1135 | 1180 => Sort::Away,
        // Too many connections, log-in refused, rights, no such database or table.
        1040 | 1044 | 1045 | 1049 | 1129 | 1130 | 1142 | 1143 | 1146 | 1203 | 1226 | 1227 | 1698 | 4151 => Sort::Away,
        // Not ready, shutting down, network, interrupted, connection ended, statement took too long.
        1047 | 1053 | 1079 | 1152 | 1158..=1161 | 1184 | 1317 | 1927 | 1969 | 3024 | 4031 => Sort::Away,
        // Read-only.
        1290 | 1792 | 1836 | 3100 => Sort::Away,
        // Out of range, truncated, no such value, too long, a data error in a function, an invalid JSON text.
        1264 | 1265 | 1292 | 1366 | 1406 | 1411 | 3140 => Sort::Conflict,
        _ => Sort::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        for code in ["5", "261", "517", "6", "13", "14", "778", "26"] {
            assert_eq!(of_sqlite(code), Sort::Away, "{code}");
        }
        for code in ["1", "19", "2067", "787"] {
            assert_eq!(of_sqlite(code), Sort::Other, "{code}");
        }
        for code in ["08006", "53100", "57P01", "25006", "28P01", "42501", "XX001"] {
            assert_eq!(of_postgres(code), Sort::Away, "{code}");
        }
        for code in ["40001", "40P01"] {
            assert_eq!(of_postgres(code), Sort::LostRace, "{code}");
        }
        for code in ["22001", "22021", "23505"] {
            assert_eq!(of_postgres(code), Sort::Conflict, "{code}");
        }
        assert_eq!(of_postgres("42601"), Sort::Other);
        for (number, sort) in [
            (1205, Sort::LostRace),
            (1021, Sort::Away),
            (1290, Sort::Away),
            (1406, Sort::Conflict),
            (1064, Sort::Other),
        ] {
            assert_eq!(of_mysql(number), sort, "{number}");
        }
    }
}
