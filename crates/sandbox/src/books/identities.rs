//! Identity verifications.

use super::BooksFault;
use rusqlite::{Connection, OptionalExtension, named_params};

/// Most verifications in the books.
const ROWS_MAX: i64 = 5_000_000;

/// A verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub id: String,
    /// `READY`, `VERIFIED` or `FAILED`.
    pub status: String,
    pub name: String,
    pub phone: String,
    /// Empty: the verification has none.
    pub ci: String,
    pub di: String,
    pub calls: i64,
    pub made_ms: i64,
}

/// Keeps a new one.
pub fn insert(connection: &Connection, identity: &Identity) -> Result<(), BooksFault> {
    demand_room(connection, "identities", ROWS_MAX)?;
    connection
        .prepare_cached(
            "INSERT INTO identities (id, status, name, phone, ci, di, made_ms)
             VALUES (:id, :status, :name, :phone, :ci, :di, :made_ms)",
        )?
        .execute(named_params! {
            ":id": identity.id, ":status": identity.status, ":name": identity.name, ":phone": identity.phone,
            ":ci": identity.ci, ":di": identity.di, ":made_ms": identity.made_ms,
        })?;
    Ok(())
}

/// One verification.
pub fn find(connection: &Connection, id: &str) -> Result<Option<Identity>, BooksFault> {
    let mut select = connection
        .prepare_cached("SELECT id, status, name, phone, ci, di, calls, made_ms FROM identities WHERE id = ?1")?;
    let found = select.query_row([id], |row| {
        Ok(Identity {
            id: row.get(0)?,
            status: row.get(1)?,
            name: row.get(2)?,
            phone: row.get(3)?,
            ci: row.get(4)?,
            di: row.get(5)?,
            calls: row.get(6)?,
            made_ms: row.get(7)?,
        })
    });
    Ok(found.optional()?)
}

/// Counts a look.
pub fn count(connection: &Connection, id: &str) -> Result<(), BooksFault> {
    connection.prepare_cached("UPDATE identities SET calls = calls + 1 WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Refuses a row more than a table takes. The highest row id is close enough, and costs no count.
pub(super) fn demand_room(connection: &Connection, table: &'static str, rows_max: i64) -> Result<(), BooksFault> {
    let sql = format!("SELECT coalesce(max(rowid), 0) FROM {table}");
    let rows: i64 = connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    if rows < rows_max { Ok(()) } else { Err(BooksFault::Full) }
}
