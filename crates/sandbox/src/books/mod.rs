//! The books: one SQLite file with what happened, on the disk before anybody is told.
//!
//! One thread writes. It takes the changes that have gathered meanwhile, makes one transaction of them, and answers after
//! the commit: so hundreds of payments a second share a flush, and a kill at any moment leaves no answer without its row.

pub mod faults;
pub mod identities;
pub mod mails;
pub mod payments;
pub mod people;
pub mod repeats;
mod tables;

use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Changes in one transaction.
const ROUND_MAX: usize = 256;
/// Changes that wait for the thread. More callers wait for a place.
const WAITING_MAX: usize = 1_024;
/// Longest wait for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the books cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or the file.
    #[error("the sandbox's books cannot be used: {0}")]
    Io(#[from] std::io::Error),
    /// SQLite's own word.
    #[error("the sandbox's books cannot be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Another version of the program wrote them.
    #[error("the sandbox's books are of version {0}, this program knows version {version}", version = tables::VERSION)]
    Version(i64),
    /// Notices cannot be sent.
    #[error("no HTTP client can be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The secret of notices is no Base64.
    #[error("the webhook secret must be whsec_ and Base64")]
    WebhookSecret,
}

/// The change was not written, or nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum BooksFault {
    /// SQLite refused it: the disk is full, for example.
    #[error("the books could not be written: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The transaction of the change was not committed.
    #[error("the books could not be written")]
    NotCommitted,
    /// The books have as many rows as they take.
    #[error("the books are full")]
    Full,
    /// The thread has ended.
    #[error("the books are closed")]
    Closed,
}

/// Answers one caller, once it is known whether the transaction was committed.
type Answer = Box<dyn FnOnce(bool) + Send>;
/// A change. Without a connection there is no transaction.
type Job = Box<dyn FnOnce(Option<&Connection>) -> Answer + Send>;

/// The file. Cheap to clone.
#[derive(Clone)]
pub struct Books {
    jobs: mpsc::Sender<Job>,
}

impl Books {
    /// Opens or makes the file, and starts its thread, which ends with the last clone.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        files::prepare_database(path)?;
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        tables::make(&connection)?;
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new().name("sandbox-books".into()).spawn(move || write(&connection, waiting))?;
        Ok(Self { jobs })
    }

    /// Reads and writes in one transaction, which is on the disk when this returns. If `work` fails, nothing of it is kept.
    pub async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, BooksFault> + Send + 'static,
    ) -> Result<T, BooksFault> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let done = connection.ok_or(BooksFault::NotCommitted).and_then(|connection| in_savepoint(connection, work));
            Box::new(move |is_committed| {
                let done = if is_committed { done } else { done.and(Err(BooksFault::NotCommitted)) };
                // A caller who has gone does not mind.
                let _ = tell.send(done);
            })
        });
        self.jobs.send(job).await.map_err(|_| BooksFault::Closed)?;
        told.await.map_err(|_| BooksFault::Closed)?
    }
}

/// A change that fails takes nothing of its neighbours in the transaction along.
fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, BooksFault>,
) -> Result<T, BooksFault> {
    connection.execute_batch("SAVEPOINT one")?;
    let done = work(connection);
    let end = if done.is_ok() { "RELEASE one" } else { "ROLLBACK TO one; RELEASE one" };
    connection.execute_batch(end)?;
    done
}

fn write(connection: &Connection, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut round = vec![first];
        while round.len() < ROUND_MAX
            && let Ok(next) = jobs.try_recv()
        {
            round.push(next);
        }
        let is_begun = connection.execute_batch("BEGIN IMMEDIATE").inspect_err(report).is_ok();
        let answers: Vec<Answer> = round.into_iter().map(|job| job(is_begun.then_some(connection))).collect();
        let is_committed = is_begun && connection.execute_batch("COMMIT").inspect_err(report).is_ok();
        if is_begun && !is_committed && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK").inspect_err(report);
        }
        answers.into_iter().for_each(|answer| answer(is_committed));
    }
}

fn report(error: &rusqlite::Error) {
    tracing::error!(%error, "the sandbox's books could not be written");
}
