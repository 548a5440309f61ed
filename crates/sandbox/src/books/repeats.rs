//! Answers kept under an `Idempotency-Key`, so that the same request again hears the same (PortOne keeps them three hours).

use super::BooksFault;
use rusqlite::{Connection, OptionalExtension, params};

/// An answer is kept for so long.
const KEPT_MS: i64 = 3 * 3_600_000;

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The first request under this key.
    New,
    /// The first one is still without its answer.
    Outstanding,
    /// The first one was another.
    Reused,
    /// The answer of the first one: status and body.
    Kept(u16, String),
}

/// Looks a key up.
pub fn look(connection: &Connection, key: &str, fingerprint: &[u8], now_ms: i64) -> Result<Repeat, BooksFault> {
    let sql = "SELECT fingerprint, status, body, ready_ms FROM repeats WHERE idempotency_key = ?1 AND made_ms > ?2";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row(params![key, now_ms - KEPT_MS], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, u16>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?))
    });
    Ok(match found.optional()? {
        None => Repeat::New,
        Some((first, ..)) if first != fingerprint => Repeat::Reused,
        Some((.., ready_ms)) if now_ms < ready_ms => Repeat::Outstanding,
        Some((_, status, body, _)) => Repeat::Kept(status, body),
    })
}

/// The answer of the first request under a key.
pub struct FirstAnswer<'a> {
    pub key: &'a str,
    pub fingerprint: &'a [u8],
    pub status: u16,
    pub body: &'a str,
    /// From then on it is told.
    pub ready_ms: i64,
    pub now_ms: i64,
}

/// Keeps an answer. Old ones go.
pub fn keep(connection: &Connection, answer: &FirstAnswer<'_>) -> Result<(), BooksFault> {
    connection.prepare_cached("DELETE FROM repeats WHERE made_ms < ?1")?.execute([answer.now_ms - KEPT_MS])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO repeats (idempotency_key, fingerprint, status, body, ready_ms, made_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![answer.key, answer.fingerprint, answer.status, answer.body, answer.ready_ms, answer.now_ms])?;
    Ok(())
}
