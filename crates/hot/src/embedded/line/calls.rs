//! Audit entries and kept answers in the journal of lines: entries are written by the journal's own transaction of the
//! change, everything else by a second connection, which is used a few times a minute.

use super::super::file::JournalError;
use super::EmbeddedLines;
use super::journal::KIND;
use crate::port::HotError;
use crate::port::calls::{CallPort, PendingEntry};
use async_trait::async_trait;
use call::Entry;
use domain::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest wait for the journal's own writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The second connection to the journal. Cheap to clone.
#[derive(Clone)]
pub(super) struct CallTables(Arc<Mutex<Connection>>);

impl CallTables {
    /// Opens it, when the journal is open.
    pub fn open(journal: &Path) -> Result<Self, JournalError> {
        let connection = Connection::open(journal)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Uses the connection beside the threads that answer people.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, HotError> {
        let connection = self.0.clone();
        let done =
            tokio::task::spawn_blocking(move || work(&connection.lock().unwrap_or_else(PoisonError::into_inner)));
        let done = done.await.map_err(|error| HotError::unavailable(format!("the journal: {error}")))?;
        done.map_err(|error| HotError::unavailable(format!("the journal: {error}")).because(error))
    }
}

/// The audit entries of the journal in `folder` that are in no table yet, at most `most`, whether a server is running on it
/// or not. None without a journal.
///
/// # Errors
/// [`JournalError`] when the journal cannot be read.
pub fn read_pending(folder: &Path, most: usize) -> Result<Vec<PendingEntry>, JournalError> {
    let journal = folder.join(KIND.file);
    if !journal.exists() {
        return Ok(Vec::new());
    }
    let connection = Connection::open_with_flags(&journal, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // A journal of an earlier version has no such table before a server has opened it.
    let has_table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'audit_outbox'";
    match connection.query_row(has_table, [], |_| Ok(())).optional()? {
        Some(()) => Ok(select_pending(&connection, most)?),
        None => Ok(Vec::new()),
    }
}

fn select_pending(connection: &Connection, most: usize) -> rusqlite::Result<Vec<PendingEntry>> {
    let mut select = connection.prepare_cached("SELECT id, entry FROM audit_outbox ORDER BY id LIMIT ?1")?;
    let rows = select.query_map([most as i64], |row| {
        let (id, entry): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        Ok(PendingEntry { place: id.to_string(), entry: Entry::from_bytes(&entry) })
    })?;
    rows.collect()
}

#[async_trait]
impl CallPort for EmbeddedLines {
    async fn pending(&self, most: usize) -> Result<Vec<PendingEntry>, HotError> {
        self.calls.with(move |connection| select_pending(connection, most)).await
    }

    async fn moved(&self, entries: &[PendingEntry]) -> Result<(), HotError> {
        let ids: Vec<i64> = entries.iter().filter_map(|entry| entry.place.parse().ok()).collect();
        let remove = move |connection: &Connection| {
            let mut delete = connection.prepare_cached("DELETE FROM audit_outbox WHERE id = ?1")?;
            ids.iter().try_for_each(|id| delete.execute([id]).map(drop))
        };
        self.calls.with(remove).await
    }

    async fn answer(&self, name: &str, now: Timestamp) -> Result<Option<Vec<u8>>, HotError> {
        let (name, now_ms) = (name.to_owned(), now.millis());
        self.calls.with(move |connection| read_answer(connection, &name, now_ms)).await
    }

    async fn keep_answer(&self, name: &str, answer: Vec<u8>, ttl_ms: u64, now: Timestamp) -> Result<Vec<u8>, HotError> {
        let (name, now_ms) = (name.to_owned(), now.millis());
        let until_ms = now_ms.saturating_add_unsigned(ttl_ms);
        let keep = move |connection: &Connection| {
            connection.prepare_cached("DELETE FROM kept_answers WHERE until_ms <= ?1")?.execute([now_ms])?;
            let insert = "INSERT INTO kept_answers (name, answer, until_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            connection.prepare_cached(insert)?.execute(params![name, answer, until_ms])?;
            Ok(read_answer(connection, &name, now_ms)?.unwrap_or(answer))
        };
        self.calls.with(keep).await
    }
}

fn read_answer(connection: &Connection, name: &str, now_ms: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    let sql = "SELECT answer FROM kept_answers WHERE name = ?1 AND until_ms > ?2";
    connection.prepare_cached(sql)?.query_row(params![name, now_ms], |row| row.get(0)).optional()
}
