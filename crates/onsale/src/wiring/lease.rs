//! An outbox that several processes could carry, carried by one at a time, so that its order is kept.

use async_trait::async_trait;
use bus::{Offer, OutboxSource, Settled, SourceAway};
use hot::lease::{Hold, Lease};
use std::sync::Arc;

/// An outbox behind a lease. Two holders at once, after a long pause of one, would tell some messages twice: safe.
pub(super) struct Leased<S> {
    source: S,
    lease: Arc<Lease>,
}

impl<S> Leased<S> {
    pub fn new(source: S, lease: Arc<Lease>) -> Self {
        Self { source, lease }
    }
}

#[async_trait]
impl<S: OutboxSource> OutboxSource for Leased<S> {
    async fn next(&self, limit: usize) -> Result<Vec<Offer>, SourceAway> {
        match self.lease.hold().await.map_err(|error| SourceAway(error.to_string()))? {
            Hold::Kept | Hold::Taken => self.source.next(limit).await,
            Hold::Others => Ok(Vec::new()),
        }
    }

    async fn settle(&self, settled: &[Settled]) -> Result<(), SourceAway> {
        self.source.settle(settled).await
    }
}
