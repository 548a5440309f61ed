//! The two outboxes of coupons, for the relay: of decisions in the hot state, and of steps in the ledger.

use async_trait::async_trait;
use bus::{Offer, OutboxSource, Settled, SourceUnavailable};
use hot::CouponPort;
use ledger::{Ledger, news, outbox};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Messages written with decisions in the hot state.
pub struct HotOutbox(pub Arc<dyn CouponPort>);

#[async_trait]
impl OutboxSource for HotOutbox {
    async fn next(&self, limit: usize) -> Result<Vec<Offer>, SourceUnavailable> {
        let messages = self.0.outbox(limit).await.map_err(unavailable)?;
        let offer = |message: hot::OutboxMessage| Offer {
            position: message.position,
            topic: message.topic.to_owned(),
            envelope: message.envelope,
        };
        Ok(messages.into_iter().map(offer).collect())
    }

    async fn written(&self) {
        self.0.outbox_written().await;
    }

    fn hears_all(&self) -> bool {
        self.0.hears_outbox()
    }

    /// The engine acknowledges all messages up to a position. Refused ones are among the dead letters by then.
    async fn settle(&self, settled: &[Settled]) -> Result<(), SourceUnavailable> {
        match settled.last() {
            Some(last) => self.0.acknowledge(last.position).await.map_err(unavailable),
            None => Ok(()),
        }
    }
}

/// Messages written with changes of rows.
pub struct LedgerOutbox {
    ledger: Ledger,
    /// This process has written messages that another one is not told of.
    untold: AtomicBool,
}

impl LedgerOutbox {
    /// The outbox of a ledger. While [`news::listen`] runs beside it, messages of other processes are heard of.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, untold: AtomicBool::new(false) }
    }
}

#[async_trait]
impl OutboxSource for LedgerOutbox {
    async fn next(&self, limit: usize) -> Result<Vec<Offer>, SourceUnavailable> {
        self.untold.store(false, Ordering::SeqCst);
        let waiting = outbox::next(&self.ledger, limit as u64).await.map_err(unavailable)?;
        let offer = |one: outbox::Waiting| Offer {
            // The tables number messages from 1 in signed integers.
            position: one.sequence.unsigned_abs(),
            topic: one.topic,
            envelope: one.envelope,
        };
        Ok(waiting.into_iter().map(offer).collect())
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
