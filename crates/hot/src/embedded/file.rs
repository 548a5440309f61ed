//! A journal's file: opened by one process alone, refused where it is another's, written in transactions that are on
//! the disk when they return.

use crate::port::HotError;
use domain::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A lock that was just given up may still be held for a moment: by a program that ends, or by a child that has not yet
/// begun its own program.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// How a journal is written.
#[derive(Clone, Copy, Debug)]
pub struct JournalOptions {
    /// Whether a commit waits for the disk. Off only to measure what the wait costs.
    pub flush: bool,
    /// Most pages of 4 KiB that the file may grow to; none: as far as the disk goes.
    pub pages_max: Option<u32>,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self { flush: true, pages_max: None }
    }
}

/// Why a journal cannot be used or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process decides on this folder.
    #[error("another process is using {0}; stop it, or choose another folder with --data")]
    InUse(PathBuf),
    /// Written by another version.
    #[error("{path} has format {found}, this program reads format {reads}; use the version that wrote it")]
    Format {
        /// The journal.
        path: PathBuf,
        /// The format that it has.
        found: i64,
        /// The format that this program writes.
        reads: i64,
    },
    /// Not what this program writes.
    #[error("{path} is damaged: {what}; put back a copy of the folder, or choose another folder with --data")]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The damage.
        what: String,
    },
    /// SQLite's own word.
    #[error("journal: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The operating system's word.
    #[error("the journal's files cannot be used: {0}")]
    Io(#[from] std::io::Error),
}

impl JournalError {
    /// Whether nothing was written for certain, so that going on is safe: the disk is full, a lock was held, or SQLite refused
    /// the change before it wrote any of it.
    fn nothing_written(&self) -> bool {
        const IOERR_WRITE: i32 = rusqlite::ffi::SQLITE_IOERR_WRITE;
        let Self::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) = self else { return false };
        use rusqlite::ErrorCode::{ConstraintViolation, DatabaseBusy, DiskFull, ReadOnly};
        matches!(failure.code, DiskFull | DatabaseBusy | ConstraintViolation | ReadOnly)
            || failure.extended_code == IOERR_WRITE
    }
}

/// A transaction that failed.
#[derive(Debug)]
pub(super) struct NotKept {
    pub error: JournalError,
    /// Whether nothing of it can ever be read back. If not, only a restart tells what the disk holds.
    pub certain: bool,
}

impl From<NotKept> for HotError {
    fn from(NotKept { error, certain }: NotKept) -> Self {
        let reason = error.to_string();
        if certain { Self::unavailable(reason) } else { Self::unknown(reason) }.because(error)
    }
}

/// Which of a data folder's journals.
pub(super) struct Kind {
    /// The file's name in the folder.
    pub file: &'static str,
    /// Held while a process has the journal.
    pub lock: &'static str,
    /// Under which name `meta` holds the format.
    pub format_name: &'static str,
    /// What this program writes. A journal of another format is not touched.
    pub format: i64,
    /// Tables beside `meta`; again changes nothing.
    pub schema: &'static str,
}

impl Kind {
    /// The journal's file in a data folder.
    pub fn path_in(&self, folder: &Path) -> PathBuf {
        folder.join(self.file)
    }

    /// Refuses a file that this program did not write, before anything is changed in it.
    pub fn check(&self, connection: &Connection, path: &Path) -> Result<(), JournalError> {
        let path = || path.to_owned();
        let damaged = |what: rusqlite::Error| JournalError::Damaged { path: path(), what: what.to_string() };
        let tables = "SELECT count(*), count(*) FILTER (WHERE name = 'meta') FROM sqlite_master";
        let (tables, metas): (u32, u32) =
            connection.query_row(tables, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(damaged)?;
        if tables == 0 {
            return Ok(());
        }
        let format = || {
            let sql = "SELECT value FROM meta WHERE name = ?1";
            connection.query_row(sql, [self.format_name], |row| row.get(0)).optional().map_err(damaged)
        };
        match if metas > 0 { format()? } else { None } {
            Some(found) if found == self.format => Ok(()),
            Some(found) => Err(JournalError::Format { path: path(), found, reads: self.format }),
            None => Err(JournalError::Damaged { path: path(), what: "it was not written as this journal".into() }),
        }
    }

    /// Whether a process has the journal of this folder. Makes nothing.
    pub fn is_in_use(&self, folder: &Path) -> bool {
        let Ok(file) = std::fs::File::open(folder.join(self.lock)) else { return false };
        let begun = Instant::now();
        while matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
            if begun.elapsed() >= LOCK_PATIENCE {
                return true;
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        false
    }

    fn lock_in(&self, folder: &Path) -> Result<std::fs::File, JournalError> {
        let path = folder.join(self.lock);
        let file = files::open(&path)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::WouldBlock) if begun.elapsed() >= LOCK_PATIENCE => {
                    return Err(JournalError::InUse(folder.to_owned()));
                }
                Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(std::fs::TryLockError::Error(error)) => return Err(error.into()),
            }
        }
    }

    /// All tables or none, so that a file without a format is never one of ours.
    fn make_tables(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Self { format_name, format, schema, .. } = self;
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
             INSERT OR IGNORE INTO meta VALUES ('{format_name}', {format});
             {schema}
             COMMIT;"
        ))
    }
}

fn configure(connection: &Connection, options: JournalOptions) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", if options.flush { "FULL" } else { "OFF" })?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    if let Some(pages) = options.pages_max {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    connection.busy_timeout(std::time::Duration::from_secs(5))
}

/// The one connection that writes a journal.
pub(super) struct JournalFile {
    pub connection: Connection,
    pub path: PathBuf,
    _lock: std::fs::File,
}

impl JournalFile {
    /// Opens or makes the journal in `folder`, for this process alone.
    pub fn open(folder: &Path, kind: &Kind, options: JournalOptions) -> Result<Self, JournalError> {
        files::make_folder(folder)?;
        let lock = kind.lock_in(folder)?;
        let path = kind.path_in(folder);
        files::prepare_database(&path)?;
        let connection = Connection::open(&path)?;
        kind.check(&connection, &path)?;
        configure(&connection, options)?;
        kind.make_tables(&connection)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self { connection, path, _lock: lock })
    }

    /// Keeps all that `write` writes, or nothing: on the disk when this returns.
    pub fn transaction<T>(&self, write: impl FnOnce() -> Result<T, JournalError>) -> Result<T, NotKept> {
        let kept = self.connection.execute_batch("BEGIN IMMEDIATE").map_err(JournalError::from).and_then(|()| {
            let value = write()?;
            self.connection.execute_batch("COMMIT")?;
            Ok(value)
        });
        kept.map_err(|error| {
            let rolled_back = self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
            NotKept { certain: rolled_back && error.nothing_written(), error }
        })
    }

    /// Looks whether decisions could be kept: `write` makes a row in each table, which is undone, and the moment is kept and
    /// flushed like a decision. A full disk, a missing right and a table that refuses rows all show.
    pub fn check(&self, at: Timestamp, write: impl FnOnce() -> Result<(), JournalError>) -> Result<(), NotKept> {
        self.transaction(|| {
            self.connection.execute_batch("SAVEPOINT trial")?;
            write()?;
            self.connection.execute_batch("ROLLBACK TO trial; RELEASE trial")?;
            let sql = "INSERT INTO meta VALUES ('checked', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            self.connection.prepare_cached(sql)?.execute([at.millis()])?;
            Ok(())
        })
    }

    /// The error of a file that this program did not write.
    pub fn damaged(&self, what: impl ToString) -> JournalError {
        JournalError::Damaged { path: self.path.clone(), what: what.to_string() }
    }
}
