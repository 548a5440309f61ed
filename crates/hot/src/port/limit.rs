//! Rate limits: what every engine for limits promises.

use super::HotError;
use async_trait::async_trait;

/// Token buckets that all callers of one engine share (FCFS-011, GW-005).
#[async_trait]
pub trait LimitPort: Send + Sync + 'static {
    /// Takes one unit of each bucket, at `now_us` microseconds since the epoch; an engine that several servers share goes by
    /// its own clock instead. A bucket is identified by its name; a bucket that was never used is full. One decision each.
    async fn take(
        &self,
        buckets: &[(String, domain::limit::Rate)],
        now_us: u64,
    ) -> Result<Vec<domain::limit::RateDecision>, HotError>;
}
