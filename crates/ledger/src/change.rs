//! Changes: kept as a whole or not at all, tried again when they get in each other's way.

use crate::asked::{Asked, no_answer};
use crate::connect::Ledger;
use crate::error::LedgerError;
use crate::place::Place;
use backon::{ExponentialBuilder, Retryable};
use sea_orm::{DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use std::time::Duration;

/// A change that lost a race is tried so many times more.
const TRIES_MORE: usize = 6;
/// Shortest wait before the next try; it doubles, with chance added, so that the same two do not meet again.
const TRY_DELAY_MIN: Duration = Duration::from_millis(5);
/// Longest wait before the next try.
const TRY_DELAY_MAX: Duration = Duration::from_millis(250);

/// An open change: kept as a whole on [`Transaction::commit`], undone when dropped.
#[derive(Debug)]
pub struct Transaction {
    open: Asked<DatabaseTransaction>,
    place: Place,
}

impl Transaction {
    /// Keeps the change; it is durable when this returns.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`]: the change may or may not have been kept.
    pub async fn commit(self) -> Result<(), LedgerError> {
        Ok(self.open.inner.commit().await?)
    }

    /// Begins a part that can be undone by itself.
    pub(crate) async fn part(&self) -> Result<Asked<DatabaseTransaction>, LedgerError> {
        let inner = self.open.within(self.open.inner.begin()).await?;
        Ok(Asked { inner, answer_timeout: self.open.answer_timeout })
    }

    pub(crate) fn connection(&self) -> &Asked<DatabaseTransaction> {
        &self.open
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }
}

impl Ledger {
    /// Begins a change that will write. It sees what others have committed meanwhile; on SQLite it takes the writer's
    /// place at once, so that a change that reads first can not fail half way.
    ///
    /// Nothing here tries again and nothing limits the time: see [`Ledger::change`].
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    pub async fn begin(&self) -> Result<Transaction, LedgerError> {
        let sqlite = self.place().backend == DbBackend::Sqlite;
        let options = TransactionOptions {
            // The pool's connections read what is committed by themselves.
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
        };
        let inner = self.pool().begin_with_options(options).await?;
        let open = Asked { inner, answer_timeout: self.options().change_timeout };
        Ok(Transaction { open, place: self.place().clone() })
    }

    /// Carries out a change: `work` makes it and commits it. `work` may run several times, each in a change of its own,
    /// when the database undoes one because it got in another's way (a dead-lock); only the last is kept.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`] before the commit was answered, or past [`LedgerOptions::change_timeout`]: the
    /// change may or may not have been kept. Any other error of `work`: nothing was kept.
    ///
    /// [`LedgerOptions::change_timeout`]: crate::LedgerOptions::change_timeout
    pub async fn change<T, F>(&self, work: impl Fn(Transaction) -> F) -> Result<T, LedgerError>
    where
        F: Future<Output = Result<T, LedgerError>>,
    {
        let once = || async { work(self.begin().await?).await };
        let patience = ExponentialBuilder::default()
            .with_min_delay(TRY_DELAY_MIN)
            .with_max_delay(TRY_DELAY_MAX)
            .with_max_times(TRIES_MORE)
            .with_jitter();
        let tries = once.retry(patience).when(|error: &LedgerError| matches!(error, LedgerError::LostRace(_)));
        let limit = self.options().change_timeout;
        match tokio::time::timeout(limit, tries).await {
            // Those in the way will have gone some time: nobody's fault, and nothing to give up for.
            Ok(Err(LedgerError::LostRace(text))) => Err(LedgerError::Unreachable(text)),
            Ok(outcome) => outcome,
            Err(_) => Err(no_answer(limit).into()),
        }
    }
}
