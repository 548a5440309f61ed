//! From the tables to the bus: the messages that were written with changes of rows, for the relay.

use async_trait::async_trait;
use bus::{Offer, OutboxSource, Settled, SourceUnavailable};
use ledger::wal::{WalOptions, WalOutbox};
use ledger::{Ledger, LedgerError, news, outbox};
use std::sync::atomic::{AtomicBool, Ordering};

/// Where the messages of committed changes are read from (`outbox.source`).
enum From {
    /// The table.
    Table,
    /// PostgreSQL's log of changes, and the table as a net (GATE-011).
    Log(Box<WalOutbox>),
}

/// Messages written with changes of rows.
pub struct LedgerOutbox {
    ledger: Ledger,
    from: From,
    /// This process has written messages that another one is not told of.
    untold: AtomicBool,
}

impl LedgerOutbox {
    /// Reads the table. While [`news::listen`] runs beside it, messages of other processes are heard of.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, from: From::Table, untold: AtomicBool::new(false) }
    }

    /// Reads PostgreSQL's log of changes.
    ///
    /// # Errors
    /// [`LedgerError::Schema`] when the server or the user cannot do it; the text says what to do.
    pub async fn of_log(ledger: Ledger) -> Result<Self, LedgerError> {
        let log = WalOutbox::open(ledger.clone(), WalOptions::default()).await?;
        Ok(Self { ledger, from: From::Log(Box::new(log)), untold: AtomicBool::new(false) })
    }
}

#[async_trait]
impl OutboxSource for LedgerOutbox {
    async fn next(&self, limit: usize) -> Result<Vec<Offer>, SourceUnavailable> {
        self.untold.store(false, Ordering::SeqCst);
        let waiting = match &self.from {
            From::Table => outbox::next(&self.ledger, limit as u64).await,
            From::Log(log) => log.next(limit as u64).await,
        };
        let offer = |one: outbox::Waiting| Offer {
            // The tables number messages from 1 in signed integers.
            position: one.sequence.unsigned_abs(),
            topic: one.topic,
            envelope: one.envelope,
        };
        Ok(waiting.map_err(unavailable)?.into_iter().map(offer).collect())
    }

    async fn written(&self) {
        tokio::select! {
            biased;
            () = outbox::written(&self.ledger) => self.untold.store(true, Ordering::SeqCst),
            () = news::heard(&self.ledger) => {}
        }
    }

    fn hears_all(&self) -> bool {
        news::hears_all(&self.ledger)
    }

    async fn pass_on(&self) {
        if let From::Log(log) = &self.from {
            log.at_rest();
        }
        if !self.untold.swap(false, Ordering::SeqCst) {
            return;
        }
        if let Err(error) = news::pass_on(&self.ledger).await {
            tracing::debug!(%error, "the process that relays could not be told; it looks by itself");
        }
    }

    async fn settle(&self, settled: &[Settled]) -> Result<(), SourceUnavailable> {
        let published: Vec<i64> =
            settled.iter().filter(|one| one.refused.is_none()).map(|one| sequence(one.position)).collect();
        for one in settled {
            if let Some(reason) = &one.refused {
                outbox::mark_failed(&self.ledger, sequence(one.position), outbox::ATTEMPTS_MAX, reason)
                    .await
                    .map_err(unavailable)?;
            }
        }
        if published.is_empty() {
            return Ok(());
        }
        outbox::mark_published(&self.ledger, &published).await.map_err(unavailable)
    }
}

fn sequence(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

fn unavailable(error: impl Into<bus::Cause>) -> SourceUnavailable {
    SourceUnavailable(error.into())
}
