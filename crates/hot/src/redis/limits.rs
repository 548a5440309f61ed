//! Token buckets that all servers share.

use super::client::{Lane, RedisConnections, Wait};
use super::reply::Array;
use super::scripts;
use crate::port::{HotError, LimitPort};
use async_trait::async_trait;
use domain::limit::{Rate, RateDecision};
use futures::future::try_join_all;

/// The limit port on Redis. Time is Redis's, not that of the callers: their clocks differ.
#[derive(Clone)]
pub struct RedisLimits(RedisConnections);

impl RedisLimits {
    /// Opens the engine on the connections of the process.
    pub fn new(connections: RedisConnections) -> Self {
        Self(connections)
    }

    async fn take_one(&self, name: &str, rate: Rate) -> Result<RateDecision, HotError> {
        // One key a call, so it needs no braces to stay in one slot of a cluster.
        let key = key_of(name);
        let numbers = [rate.interval_us(), rate.window_us()].map(|number| number.to_string());
        let arguments = [numbers[0].as_bytes(), numbers[1].as_bytes()];
        let reply = self.0.run(&scripts::LIMIT, &[&key], &arguments, (Lane::Other, Wait::Nobody)).await?;
        let mut fields = Array::of(reply.value)?;
        let (full_at_us, allowed) = (fields.number::<u64>()?, fields.number::<u8>()? == 1);
        let now_us = fields.number::<u64>()?;
        // The decision follows from the bucket's state; the state before this unit gives the same decision again.
        let before_us = if allowed { full_at_us - rate.interval_us() } else { full_at_us };
        let verdict = rate.take(before_us, now_us);
        Ok(RateDecision { allowed, ..verdict })
    }
}

/// Where a bucket is kept: `rate:user:<id>`, `rate:payment:...`, `rate:queue-status:<user>` (contract: "Hot state").
fn key_of(name: &str) -> String {
    format!("rate:{name}")
}

#[async_trait]
impl LimitPort for RedisLimits {
    async fn take(&self, buckets: &[(String, Rate)], _: u64) -> Result<Vec<RateDecision>, HotError> {
        try_join_all(buckets.iter().map(|(name, rate)| self.take_one(name, *rate))).await
    }
}
