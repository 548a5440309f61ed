//! What can go wrong with a database, sorted by what the caller should do about it.

use sea_orm::sqlx;
use sea_orm::sqlx::error::ErrorKind;
use sea_orm::sqlx::mysql::MySqlDatabaseError;
use sea_orm::{DbErr, RuntimeErr};

/// Why a query was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The database is away, too busy, read-only, or its disk is full. Nothing was kept that was not
    /// acknowledged; trying again later is right.
    #[error("the database can not be reached: {0}")]
    Unreachable(String),
    /// A constraint refused the row, or somebody else changed it first. Trying the same again will not help.
    #[error("refused by the database: {0}")]
    Conflict(String),
    /// The tables are not those of this program; the text says what to do.
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
        match &error {
            DbErr::ConnectionAcquire(_) => Self::Unreachable(text),
            DbErr::Conn(RuntimeErr::SqlxError(cause))
            | DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => sort(cause, text),
            DbErr::Conn(_) => Self::Unreachable(text),
            _ => Self::Other(text),
        }
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

fn sort_refusal(refusal: &(dyn sqlx::error::DatabaseError + 'static), text: String) -> LedgerError {
    match refusal.kind() {
        ErrorKind::UniqueViolation
        | ErrorKind::ForeignKeyViolation
        | ErrorKind::NotNullViolation
        | ErrorKind::CheckViolation => return LedgerError::Conflict(text),
        _ => {}
    }
    let away = match refusal.try_downcast_ref::<MySqlDatabaseError>() {
        Some(mysql) => mysql_is_away(mysql.number()),
        None => refusal.code().is_some_and(|code| sqlite_is_away(&code) || postgres_is_away(&code)),
    };
    if away { LedgerError::Unreachable(text) } else { LedgerError::Other(text) }
}

/// Busy, locked, read-only, I/O error, damaged, full, can not open, not a database: the low byte of SQLite's
/// code. A damaged file counts too: better that consumers pause than that every message becomes a dead letter.
fn sqlite_is_away(code: &str) -> bool {
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 11 | 13 | 14 | 26))
}

/// Connection, resources, operator, system; a read-only server after a failover; a lost race to be run again.
fn postgres_is_away(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    code.len() == 5 && (matches!(class, "08" | "53" | "57" | "58" | "40") || code == "25006")
}

/// Too many connections, shutting down, disk or table full, lock wait, deadlock, read-only.
fn mysql_is_away(number: u16) -> bool {
    matches!(number, 1021 | 1040 | 1041 | 1053 | 1114 | 1205 | 1213 | 1290 | 1836 | 3100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        for code in ["5", "261", "517", "6", "13", "14", "778", "26"] {
            assert!(sqlite_is_away(code), "{code}");
        }
        for code in ["1", "19", "2067", "787", "57P01"] {
            assert!(!sqlite_is_away(code), "{code}");
        }
        for code in ["08006", "53100", "57P01", "40001", "40P01", "25006"] {
            assert!(postgres_is_away(code), "{code}");
        }
        for code in ["23505", "42P01", "13", "5"] {
            assert!(!postgres_is_away(code), "{code}");
        }
        assert!(mysql_is_away(1205) && !mysql_is_away(1062));
    }
}
