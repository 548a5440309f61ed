//! Ends what is over: holds that nobody paid in time, and reservations of cancelled events.

use super::{HotNews, Workers};
use crate::rows::{cancelled, counter, upkeep};
use crate::steps::{Cause, Opened};
use domain::Timestamp;
use domain::reservation::Reservation;
use ledger::{LedgerError, Transaction};
use std::collections::BTreeSet;
use std::time::Duration;

/// Time between two looks: a hold is swept within a second (RSV-007).
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// Most reservations of one transaction: it blocks no payment for long (hole 6).
pub(crate) const SWEPT_AT_ONCE: usize = 500;

/// What a sweep has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Holds whose time was over.
    pub expired: usize,
    /// Reservations of cancelled events.
    pub cancelled: usize,
    /// Transactions that ended something.
    pub batches: usize,
}

/// What one transaction looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Time,
    Event,
}

impl Workers {
    /// Sweeps until the process ends.
    pub async fn run_sweep(self) {
        loop {
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "holds that are over cannot be swept now");
            }
            let _ = tokio::time::timeout(SWEEP_EVERY, self.0.swept_soon.notified()).await;
        }
    }

    /// Ends everything that is over now, in transactions of at most 500 reservations; each reservation is ended once, by whichever
    /// instance locks it first. Nothing while this database is behind (hole 7). May be broken off anywhere and begun again.
    ///
    /// # Errors
    /// [`LedgerError`]; what was committed is ended.
    pub async fn sweep(&self) -> Result<Swept, LedgerError> {
        let mut swept = Swept::default();
        for over in [Over::Time, Over::Event] {
            loop {
                let ended = self.sweep_part(over).await?;
                if ended.is_empty() {
                    break;
                }
                swept.batches += 1;
                match over {
                    Over::Time => swept.expired += ended.len(),
                    Over::Event => swept.cancelled += ended.len(),
                }
                let is_last = ended.len() < SWEPT_AT_ONCE;
                cut::at("sweep-row");
                self.0.news.release(ended.iter().filter_map(HotNews::ended).collect()).await;
                if is_last {
                    break;
                }
            }
        }
        count(&swept);
        Ok(swept)
    }

    async fn sweep_part(&self, over: Over) -> Result<Vec<Reservation>, LedgerError> {
        let ledger = &self.0.parts.ledger;
        // A look that locks nothing, so that at rest no other change waits for the one writer of a file.
        let now = counter::moment(ledger.connection(), self.0.parts.steps.terms().time).await?.now;
        let is_anything = match over {
            Over::Time => upkeep::is_anything_over(ledger.connection(), now).await?,
            Over::Event => upkeep::is_anything_void(ledger.connection()).await?,
        };
        if !is_anything {
            return Ok(Vec::new());
        }
        ledger.change(async |change: Transaction| self.end(change, over, now).await).await
    }

    async fn end(
        &self,
        change: Transaction,
        over: Over,
        looked_at: Timestamp,
    ) -> Result<Vec<Reservation>, LedgerError> {
        let terms = self.0.parts.steps.terms();
        let rows = match over {
            Over::Time => upkeep::over(&change, looked_at, SWEPT_AT_ONCE as u64).await?,
            Over::Event => upkeep::void(&change, SWEPT_AT_ONCE as u64).await?,
        };
        // Before the counter is read: see `Fence::seen`.
        let seen = terms.fence.seen();
        let moment = counter::moment(change.connection(), terms.time).await?;
        let schedules: BTreeSet<_> = rows.iter().map(|row| row.schedule).collect();
        let mut opened = Opened::new(rows, seen, moment.hold_no, moment.now);
        let ended = match over {
            Over::Time => opened.book.sweep(moment.now, SWEPT_AT_ONCE),
            Over::Event => {
                opened.remember(cancelled::among(change.connection(), &schedules).await?);
                opened.book.cancel_events(moment.now, SWEPT_AT_ONCE)
            }
        };
        let messages = opened.take_messages(&Cause::default());
        opened.store(&change, &messages).await?;
        change.commit().await?;
        Ok(ended)
    }
}

fn count(swept: &Swept) {
    metrics::counter!("onsale_reservation_expired_total").increment(swept.expired as u64);
    metrics::counter!("onsale_reservation_event_cancelled_total").increment(swept.cancelled as u64);
}
