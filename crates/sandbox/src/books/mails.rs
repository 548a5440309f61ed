//! The mails that have arrived.

use super::BooksFault;
use rusqlite::{Connection, params};

/// Mails that are kept; older ones go.
const KEPT: i64 = 20_000;
/// Mails in one answer.
const LISTED: i64 = 100;

/// A mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// In lower case.
    pub to: String,
    pub subject: String,
    pub text: String,
    pub at_ms: i64,
}

/// Keeps a mail.
pub fn insert(connection: &Connection, mail: &Mail) -> Result<(), BooksFault> {
    connection
        .prepare_cached("INSERT INTO mails (recipient, subject, text, at_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![mail.to, mail.subject, mail.text, mail.at_ms])?;
    let last = connection.last_insert_rowid();
    connection.prepare_cached("DELETE FROM mails WHERE id <= ?1")?.execute([last - KEPT])?;
    Ok(())
}

/// The newest mails first: of this recipient, or of all.
pub fn list(connection: &Connection, to: Option<&str>) -> Result<Vec<Mail>, BooksFault> {
    let mut select = connection.prepare_cached(
        "SELECT recipient, subject, text, at_ms FROM mails
         WHERE ?1 IS NULL OR recipient = ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = select.query_map(params![to, LISTED], |row| {
        Ok(Mail { to: row.get(0)?, subject: row.get(1)?, text: row.get(2)?, at_ms: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
