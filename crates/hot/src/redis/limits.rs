//! Token buckets that all servers share.

use super::client::{Lane, Links, RedisAddress, Wait};
use super::reply::Array;
use super::{open_links, scripts};
use crate::port::{HotError, LimitPort};
use async_trait::async_trait;
use domain::limit::{Rate, Verdict};
use futures::future::try_join_all;
use std::sync::Arc;

/// The limit port on Redis.
#[derive(Clone)]
pub struct RedisLimits(Arc<Links>);

impl RedisLimits {
    /// Connects.
    ///
    /// # Errors
    /// [`HotError::Unavailable`] when Redis can not be reached.
    pub async fn open(address: &RedisAddress) -> Result<Self, HotError> {
        Ok(Self(open_links(address, 0).await?))
    }

    async fn take_one(&self, name: &str, rate: Rate, now_us: u64) -> Result<Verdict, HotError> {
        let key = format!("rate:{{{name}}}");
        let numbers = [now_us, rate.interval_us(), rate.window_us()].map(|number| number.to_string());
        let arguments = [numbers[0].as_bytes(), numbers[1].as_bytes(), numbers[2].as_bytes()];
        let ran = self.0.run(&scripts::LIMIT, &[&key], &arguments, (Lane::Other, Wait::Nobody)).await?;
        let mut fields = Array::of(ran.value)?;
        let (full_at_us, allowed) = (fields.number::<u64>()?, fields.number::<u8>()? == 1);
        // What the bucket says follows from its state; the state before this unit gives the same verdict again.
        let before_us = if allowed { full_at_us - rate.interval_us() } else { full_at_us };
        let verdict = rate.take(before_us, now_us);
        Ok(Verdict { allowed, ..verdict })
    }
}

#[async_trait]
impl LimitPort for RedisLimits {
    async fn take(&self, buckets: &[(String, Rate)], now_us: u64) -> Result<Vec<Verdict>, HotError> {
        try_join_all(buckets.iter().map(|(name, rate)| self.take_one(name, *rate, now_us))).await
    }
}
