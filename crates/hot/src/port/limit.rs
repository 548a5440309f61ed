//! What an engine for rate limits promises.

use super::HotError;
use async_trait::async_trait;

/// Token buckets shared by everyone who asks the same engine (FCFS-011, GW-005). In batches, like the rest.
#[async_trait]
pub trait LimitPort: Send + Sync + 'static {
    /// Takes one unit of each bucket. A bucket is known by its name; a bucket never used is full.
    async fn take(
        &self,
        buckets: &[(String, domain::limit::Rate)],
        now_us: u64,
    ) -> Result<Vec<domain::limit::RateDecision>, HotError>;
}
