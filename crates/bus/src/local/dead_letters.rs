//! Dead letters in a SQLite file, shared between the running server and the command line.

use crate::cause::Cause;
use crate::dead_letter::{DeadLetter, DeadLetters, DeadLettersUnavailable, Reason};
use async_trait::async_trait;
use domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The tables' version in this file.
const VERSION: i64 = 1;
/// How long dead letters are kept (`contract.md`, Messages).
const KEPT_DAYS: i64 = 7;
const DAY_MS: i64 = 86_400_000;
/// Longest wait for the other process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        topic TEXT NOT NULL,
        consumer_group TEXT,
        reason TEXT NOT NULL,
        error TEXT NOT NULL,
        original_topic TEXT NOT NULL,
        original_partition INTEGER NOT NULL,
        original_offset INTEGER NOT NULL,
        key TEXT NOT NULL,
        headers TEXT NOT NULL,
        value BLOB NOT NULL,
        buried_at_ms INTEGER NOT NULL,
        replay_requested INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ix_dead_letters_replay ON dead_letters (id) WHERE replay_requested = 1;
";

const COLUMNS: &str = "id, topic, consumer_group, reason, error, original_topic, original_partition, \
                       original_offset, key, headers, value, buried_at_ms, replay_requested";

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be opened, or it is not a file of dead letters.
    #[error("the file of dead letters cannot be opened")]
    File(#[from] rusqlite::Error),
    /// It cannot be made, or something else has its name.
    #[error("the file of dead letters cannot be used: {0}")]
    Io(#[from] std::io::Error),
    /// Another version of the program created it.
    #[error("the file of dead letters is of version {0}, this program knows version {VERSION}; use a newer Onsale")]
    Version(i64),
}

/// The file of dead letters. Cheap to clone.
#[derive(Clone)]
pub struct LocalDeadLetters {
    file: Arc<Mutex<Connection>>,
}

impl LocalDeadLetters {
    /// File name inside `data.dir`.
    pub const FILE: &str = "bus.sqlite";

    /// Opens or creates the file. Two processes may have it open.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        files::prepare_database(path)?;
        let file = Connection::open(path)?;
        file.busy_timeout(BUSY_TIMEOUT)?;
        let version: i64 = file.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version != 0 && version != VERSION {
            return Err(OpenError::Version(version));
        }
        file.pragma_update(None, "journal_mode", "WAL")?;
        file.pragma_update(None, "synchronous", "FULL")?;
        file.execute_batch(TABLES)?;
        file.pragma_update(None, "user_version", VERSION)?;
        Ok(Self { file: Arc::new(Mutex::new(file)) })
    }

    /// Dead letters whose replay was requested, oldest first.
    pub(super) async fn replay_requests(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, DeadLettersUnavailable> {
        self.with(move |file| select(file, "id > ?1 AND replay_requested = 1", after, limit)).await
    }

    /// Removes dead letters that are older than [`KEPT_DAYS`].
    pub(super) async fn remove_old(&self) -> Result<(), DeadLettersUnavailable> {
        let end = clock::now().millis() - KEPT_DAYS * DAY_MS;
        self.with(move |file| file.execute("DELETE FROM dead_letters WHERE buried_at_ms < ?1", [end])).await?;
        Ok(())
    }

    /// SQLite waits for the disk, so it runs on a thread that may block.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DeadLettersUnavailable> {
        let file = Arc::clone(&self.file);
        let done = tokio::task::spawn_blocking(move || work(&mut super::lock(&file))).await;
        let done = done.map_err(Cause::from).and_then(|done| done.map_err(Cause::from));
        done.map_err(DeadLettersUnavailable)
    }
}

#[async_trait]
impl DeadLetters for LocalDeadLetters {
    async fn store(&self, letters: &[DeadLetter]) -> Result<(), DeadLettersUnavailable> {
        let letters = letters.to_vec();
        self.with(move |file| {
            let change = file.transaction()?;
            for letter in &letters {
                insert(&change, letter)?;
            }
            change.commit()
        })
        .await
    }

    async fn list(&self, after: i64, limit: usize) -> Result<Vec<DeadLetter>, DeadLettersUnavailable> {
        self.with(move |file| select(file, "id > ?1", after, limit)).await
    }

    async fn show(&self, id: i64) -> Result<Option<DeadLetter>, DeadLettersUnavailable> {
        self.with(move |file| {
            let question = format!("SELECT {COLUMNS} FROM dead_letters WHERE id = ?1");
            file.query_row(&question, [id], read).optional()
        })
        .await
    }

    async fn replay(&self, id: i64) -> Result<bool, DeadLettersUnavailable> {
        let mark = "UPDATE dead_letters SET replay_requested = 1 WHERE id = ?1";
        self.with(move |file| Ok(file.execute(mark, [id])? > 0)).await
    }

    async fn remove(&self, id: i64) -> Result<bool, DeadLettersUnavailable> {
        self.with(move |file| Ok(file.execute("DELETE FROM dead_letters WHERE id = ?1", [id])? > 0)).await
    }
}

fn select(file: &Connection, which: &str, after: i64, limit: usize) -> rusqlite::Result<Vec<DeadLetter>> {
    let question = format!("SELECT {COLUMNS} FROM dead_letters WHERE {which} ORDER BY id LIMIT ?2");
    let mut question = file.prepare_cached(&question)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    question.query_map((after, limit), read)?.collect()
}

fn insert(file: &Connection, letter: &DeadLetter) -> rusqlite::Result<()> {
    let headers = serde_json::to_string(&letter.headers).unwrap_or_default();
    file.prepare_cached(
        "INSERT INTO dead_letters (topic, consumer_group, reason, error, original_topic, original_partition,
            original_offset, key, headers, value, buried_at_ms)
         VALUES (:topic, :group, :reason, :error, :original_topic, :partition, :offset, :key, :headers, :value, :at)",
    )?
    .execute(named_params! {
        ":topic": letter.topic,
        ":group": letter.group,
        ":reason": letter.reason.as_str(),
        ":error": letter.error,
        ":original_topic": letter.original_topic,
        ":partition": letter.original_partition,
        ":offset": letter.original_offset,
        ":key": letter.key,
        ":headers": headers,
        ":value": letter.value,
        ":at": letter.stored_at.millis(),
    })?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let reason: String = row.get("reason")?;
    let headers: String = row.get("headers")?;
    Ok(DeadLetter {
        id: row.get("id")?,
        topic: row.get("topic")?,
        group: row.get("consumer_group")?,
        // A reason that this program does not know is shown as the most general one.
        reason: Reason::parse(&reason).unwrap_or(Reason::Invalid),
        error: row.get("error")?,
        original_topic: row.get("original_topic")?,
        original_partition: row.get("original_partition")?,
        original_offset: row.get("original_offset")?,
        key: row.get("key")?,
        headers: serde_json::from_str(&headers).unwrap_or_default(),
        value: row.get("value")?,
        stored_at: Timestamp(row.get("buried_at_ms")?),
        replay_requested: row.get("replay_requested")?,
    })
}
