//! An outbox that several processes could carry, carried by one at a time, so that its order is kept.

use async_trait::async_trait;
use bus::{Offer, OutboxSource, Settled, SourceAway};
use domain::Timestamp;
use hot::KeyPort;
use services::clock;
use std::sync::Arc;
use uuid::Uuid;

/// A holder that is not heard of for so long has lost it to the next.
const LEASE_MS: u64 = 5_000;

/// An outbox behind a lease. Two holders at once, after a long pause of one, would tell some messages twice: safe.
pub(super) struct Leased<S> {
    source: S,
    keys: Arc<dyn KeyPort>,
    name: String,
    me: Vec<u8>,
}

impl<S> Leased<S> {
    pub fn new(source: S, keys: Arc<dyn KeyPort>, name: &str) -> Self {
        Self { source, keys, name: format!("lease:{name}"), me: Uuid::new_v4().simple().to_string().into_bytes() }
    }

    async fn hold(&self) -> Result<bool, SourceAway> {
        let away = |error: hot::HotError| SourceAway(error.to_string());
        let now: Timestamp = clock::now();
        let entry = || vec![(self.name.clone(), self.me.clone())];
        if self.keys.claim(entry(), LEASE_MS, now).await.map_err(away)? == [true] {
            return Ok(true);
        }
        let holder = self.keys.get(std::slice::from_ref(&self.name), now).await.map_err(away)?;
        let mine = holder.first().and_then(Option::as_ref) == Some(&self.me);
        if mine {
            self.keys.put(entry(), LEASE_MS, now).await.map_err(away)?;
        }
        Ok(mine)
    }
}

#[async_trait]
impl<S: OutboxSource> OutboxSource for Leased<S> {
    async fn next(&self, limit: usize) -> Result<Vec<Offer>, SourceAway> {
        if self.hold().await? { self.source.next(limit).await } else { Ok(Vec::new()) }
    }

    async fn settle(&self, settled: &[Settled]) -> Result<(), SourceAway> {
        self.source.settle(settled).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hot::embedded::EmbeddedKeys;

    struct Always;

    #[async_trait]
    impl OutboxSource for Always {
        async fn next(&self, _: usize) -> Result<Vec<Offer>, SourceAway> {
            let envelope =
                domain::message::Envelope::about_campaign(Uuid::nil(), "x", "c".into(), clock::now(), None, &());
            Ok(vec![Offer { position: 1, topic: "t".into(), envelope }])
        }

        async fn settle(&self, _: &[Settled]) -> Result<(), SourceAway> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn one_carries_and_the_others_wait() {
        let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
        let (first, second) = (Leased::new(Always, keys.clone(), "steps"), Leased::new(Always, keys.clone(), "steps"));
        assert_eq!(first.next(9).await.expect("asked").len(), 1);
        assert_eq!(second.next(9).await.expect("asked").len(), 0);
        assert_eq!(first.next(9).await.expect("asked").len(), 1, "whoever has it keeps it");
        keys.remove(&["lease:steps".to_owned()]).await.expect("forgotten");
        assert_eq!(second.next(9).await.expect("asked").len(), 1, "it passes on");
        assert_eq!(first.next(9).await.expect("asked").len(), 0);
    }
}
