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
        if is_held {
            return self.source.next(limit).await;
        }
        self.source.pass_on().await;
        Ok(Vec::new())
    }

    async fn written(&self) {
        self.source.written().await;
    }

    fn hears_all(&self) -> bool {
        self.source.hears_all()
    }

    async fn settle(&self, settled: &[Settled]) -> Result<(), SourceUnavailable> {
        self.source.settle(settled).await
    }
}

#[cfg(test)]
mod tests {
    use super::Leased;
    use crate::{Cause, Offer, OutboxSource, Settled, SourceUnavailable};
    use async_trait::async_trait;
    use domain::Timestamp;
    use domain::message::Envelope;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use uuid::Uuid;

    /// An outbox with one message, which counts how often another process was told of it.
    #[derive(Default)]
    struct OneMessage(Arc<AtomicU32>);

    #[async_trait]
    impl OutboxSource for OneMessage {
        async fn next(&self, _limit: usize) -> Result<Vec<Offer>, SourceUnavailable> {
            let key = "sale".to_owned();
            let payload = serde_json::json!({});
            let envelope =
                Envelope::about_campaign(Uuid::from_u128(1), "CouponIssued", key, Timestamp(0), None, &payload);
            Ok(vec![Offer { position: 1, topic: "coupon.events".to_owned(), envelope }])
        }

        async fn written(&self) {
            std::future::pending().await
        }

        async fn pass_on(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }

        async fn settle(&self, _settled: &[Settled]) -> Result<(), SourceUnavailable> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn messages_are_offered_only_while_the_lease_is_held() {
        let told = Arc::new(AtomicU32::new(0));
        let outbox = || OneMessage(told.clone());
        let held = Leased::new(outbox(), || std::future::ready(Ok(true)));
        assert_eq!(held.next(10).await.expect("available").len(), 1);
        assert_eq!(told.load(Ordering::SeqCst), 0);
        let held_by_another = Leased::new(outbox(), || std::future::ready(Ok(false)));
        assert_eq!(held_by_another.next(10).await, Ok(Vec::new()));
        assert_eq!(told.load(Ordering::SeqCst), 1, "the process that holds the lease is told");
        let unknown = Leased::new(outbox(), || std::future::ready(Err(Cause::new("no answer"))));
        assert_eq!(unknown.next(10).await, Err(SourceUnavailable(Cause::new("no answer"))));
    }
}
