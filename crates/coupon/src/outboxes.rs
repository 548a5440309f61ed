//! The outbox of decisions on coupons in the hot state, for the relay. That of steps in the ledger is `outbox::LedgerOutbox`.

use async_trait::async_trait;
use bus::{Offer, OutboxSource, Settled, SourceUnavailable};
use hot::CouponPort;
use std::sync::Arc;

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

fn unavailable(error: impl Into<bus::Cause>) -> SourceUnavailable {
    SourceUnavailable(error.into())
}
