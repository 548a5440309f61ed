//! An outbox that several processes could carry, carried by one at a time, so that its order is kept.

use crate::cause::Cause;
use crate::outbox::{Offer, OutboxSource, Settled, SourceUnavailable};
use async_trait::async_trait;
use std::future::Future;

/// An outbox behind a lease: it offers messages only while this process holds the lease.
///
/// The lease is no fence. After a long pause of one process two may hold it at once and publish some messages twice,
/// which every handler must bear anyway.
pub struct Leased<S, L> {
    source: S,
    is_held: L,
}

impl<S, L, F> Leased<S, L>
where
    L: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<bool, Cause>> + Send,
{
    /// Puts an outbox behind a lease. `is_held` takes or renews the lease and returns whether this process holds it; an
    /// error means that the holder is unknown, and the relay waits.
    pub fn new(source: S, is_held: L) -> Self {
        Self { source, is_held }
    }
}

#[async_trait]
impl<S, L, F> OutboxSource for Leased<S, L>
where
    S: OutboxSource,
    L: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<bool, Cause>> + Send + 'static,
{
    async fn next(&self, limit: usize) -> Result<Vec<Offer>, SourceUnavailable> {
        let is_held = (self.is_held)().await.map_err(SourceUnavailable)?;
        if is_held { self.source.next(limit).await } else { Ok(Vec::new()) }
    }

    async fn settle(&self, settled: &[Settled]) -> Result<(), SourceUnavailable> {
        self.source.settle(settled).await
    }
}
