//! Transactions: stored as a whole or not at all, and repeated when two of them collide.

use crate::cause;
use crate::commits::{Commits, Written};
use crate::connect::Ledger;
use crate::database::Database;
use crate::error::LedgerError;
use crate::timed::{Timed, no_answer};
use backon::{ExponentialBuilder, Retryable};
use call::Keyed;
use sea_orm::{DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often a change that lost a race is repeated.
const RETRIES_MAX: usize = 6;
/// Shortest wait before a repetition. It doubles, with jitter, so that the same two changes do not collide again.
const RETRY_DELAY_MIN: Duration = Duration::from_millis(5);
/// Longest wait before a repetition.
const RETRY_DELAY_MAX: Duration = Duration::from_millis(250);

/// An open change: stored as a whole by [`Transaction::commit`], undone when dropped.
#[derive(Debug)]
pub struct Transaction {
    open: Timed<DatabaseTransaction>,
    database: Database,
    commits: Commits,
    written: Written,
    /// The `Idempotency-Key`s that are stored with this change.
    keys: Mutex<Vec<Keyed>>,
    afterwards: Afterwards,
}

/// What is done once a change is stored, and never when it is undone.
#[derive(Default)]
struct Afterwards(Mutex<Vec<Box<dyn FnOnce() + Send>>>);

impl fmt::Debug for Afterwards {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Afterwards(..)")
    }
}

impl Transaction {
    /// Stores the change; it is durable when this returns.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`]: the change may or may not have been stored.
    pub async fn commit(self) -> Result<(), LedgerError> {
        self.open.inner.commit().await?;
        self.commits.tell(&self.written);
        self.keys.into_inner().unwrap_or_else(PoisonError::into_inner).iter().for_each(Keyed::set_settled);
        self.afterwards.0.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().for_each(|then| then());
        Ok(())
    }

    /// Does this once the change is stored, and never when it is undone or decided again: for what is counted.
    pub fn afterwards(&self, then: impl FnOnce() + Send + 'static) {
        self.afterwards.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(then));
    }

    /// Notes what the change writes.
    pub(crate) fn written(&self) -> &Written {
        &self.written
    }

    /// The change has stored this key: the call has it when the change is stored.
    pub(crate) fn stores_key(&self, keyed: &Keyed) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).push(keyed.clone());
    }

    /// Begins a part of the change that can be undone by itself.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn savepoint(&self) -> Result<Savepoint, LedgerError> {
        let inner = self.open.within(self.open.inner.begin()).await?;
        let (answer_timeout, database) = (self.open.answer_timeout, self.database.clone());
        Ok(Savepoint(Timed { inner, answer_timeout, database }))
    }

    /// For the statements of this change.
    pub fn connection(&self) -> &Timed<DatabaseTransaction> {
        &self.open
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }
}

/// A part of a change: joined to it by [`Savepoint::commit`], undone when dropped.
#[derive(Debug)]
pub struct Savepoint(Timed<DatabaseTransaction>);

impl Savepoint {
    /// For the statements of this part.
    pub fn connection(&self) -> &Timed<DatabaseTransaction> {
        &self.0
    }

    /// Joins the part to its change, which still has to be committed.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn commit(self) -> Result<(), LedgerError> {
        Ok(self.0.inner.commit().await?)
    }

    /// Undoes the part. The change continues without it.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn rollback(self) -> Result<(), LedgerError> {
        Ok(self.0.inner.rollback().await?)
    }
}

impl Ledger {
    /// Begins a change that will write. It sees what other changes have committed meanwhile. On SQLite it takes the
    /// write lock at once, so that a change that reads first cannot fail half way.
    ///
    /// This call neither repeats the change nor limits its time: see [`Ledger::change`].
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`].
    pub async fn begin(&self) -> Result<Transaction, LedgerError> {
        let sqlite = self.database().backend == DbBackend::Sqlite;
        let options = TransactionOptions {
            // The pool's connections read committed rows already.
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
        };
        let inner = match self.pool().begin_with_options(options).await {
            Ok(inner) => inner,
            Err(error) => return Err(cause::of_silence(self.database(), error).await.into()),
        };
        let database = self.database().clone();
        let open = Timed { inner, answer_timeout: self.options().change_timeout, database: database.clone() };
        let commits = self.commit_news().clone();
        let (written, keys, afterwards) = Default::default();
        Ok(Transaction { open, database, commits, written, keys, afterwards })
    }

    /// Carries out a change: `work` makes it and commits it. When the database undoes the change in favour of another
    /// one (a deadlock), `work` runs again in a new transaction; only the last one is stored.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] before the commit was answered, or past [`LedgerOptions::change_timeout`]: the
    /// change may or may not have been stored. Any other error of `work`: nothing was stored.
    ///
    /// [`LedgerOptions::change_timeout`]: crate::LedgerOptions::change_timeout
    pub async fn change<T, F>(&self, work: impl Fn(Transaction) -> F) -> Result<T, LedgerError>
    where
        F: Future<Output = Result<T, LedgerError>>,
    {
        let once = || async { work(self.begin().await?).await };
        let delays = ExponentialBuilder::default()
            .with_min_delay(RETRY_DELAY_MIN)
            .with_max_delay(RETRY_DELAY_MAX)
            .with_max_times(RETRIES_MAX)
            .with_jitter();
        let tries = once.retry(delays).when(|error: &LedgerError| matches!(error, LedgerError::LostRace(_)));
        let limit = self.options().change_timeout;
        match tokio::time::timeout(limit, tries).await {
            // The other changes end some time, and the same change succeeds then.
            Ok(Err(LedgerError::LostRace(cause))) => Err(LedgerError::Unavailable(cause)),
            Ok(outcome) => outcome,
            Err(_) => Err(no_answer(limit).into()),
        }
    }
}
