//! Token buckets of one process: sharded tables of one number a bucket (`domain::limit`).

use crate::port::{HotError, LimitPort};
use async_trait::async_trait;
use domain::limit::{Rate, RateDecision};
use hashbrown::{DefaultHashBuilder, HashMap};
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};

const SHARDS: usize = 64;
/// A shard looks for full buckets to forget when it has grown to this many, then at twice what was left.
const SWEEP_AT_MIN: usize = 4_096;

#[derive(Default)]
struct Shard {
    /// Bucket -> the moment at which it is full again.
    full_at_us: HashMap<u64, u64>,
    sweep_at: usize,
}

/// Buckets of one rate. A full bucket is forgotten: it is the same as one never used.
///
/// A bucket is known by 64 keyed bits of its name; two people share one with a chance of one in 10^19.
pub struct LimitTable {
    rate: Rate,
    shards: Vec<Mutex<Shard>>,
    hasher: DefaultHashBuilder,
}

impl LimitTable {
    /// A table of full buckets.
    pub fn new(rate: Rate) -> Self {
        Self { rate, shards: (0..SHARDS).map(|_| Mutex::default()).collect(), hasher: DefaultHashBuilder::default() }
    }

    /// The rate of every bucket here.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one unit of a bucket.
    pub fn take<N: Hash + ?Sized>(&self, name: &N, now_us: u64) -> RateDecision {
        let bucket = self.hasher.hash_one(name);
        let shard = &self.shards[(bucket >> 58) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.take(bucket, self.rate, now_us)
    }

    /// Buckets that are not full.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).full_at_us.len()).sum()
    }

    /// Whether every bucket is full.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Shard {
    fn take(&mut self, bucket: u64, rate: Rate, now_us: u64) -> RateDecision {
        if self.full_at_us.len() >= self.sweep_at.max(SWEEP_AT_MIN) {
            self.full_at_us.retain(|_, full_at_us| *full_at_us > now_us);
            self.sweep_at = self.full_at_us.len() * 2;
        }
        let full_at_us = self.full_at_us.entry(bucket).or_insert(0);
        let verdict = rate.take(*full_at_us, now_us);
        *full_at_us = verdict.full_at_us;
        verdict
    }
}

/// The limit port of one process: buckets of any rate by name.
#[derive(Default)]
pub struct EmbeddedLimits {
    tables: Mutex<HashMap<(u64, u32), std::sync::Arc<LimitTable>>>,
}

impl EmbeddedLimits {
    fn table(&self, rate: Rate) -> std::sync::Arc<LimitTable> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (rate.window_us(), rate.burst);
        tables.entry(key).or_insert_with(|| std::sync::Arc::new(LimitTable::new(rate))).clone()
    }
}

#[async_trait]
impl LimitPort for EmbeddedLimits {
    async fn take(&self, buckets: &[(String, Rate)], now_us: u64) -> Result<Vec<RateDecision>, HotError> {
        Ok(buckets.iter().map(|(name, rate)| self.table(*rate).take(name, now_us)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_own_bucket() {
        let table = LimitTable::new(Rate::per_second(1, 2));
        assert!(table.take("a", 1).allowed);
        assert!(table.take("a", 1).allowed);
        assert!(!table.take("a", 1).allowed);
        assert!(table.take("b", 1).allowed);
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten() {
        let table = LimitTable::new(Rate::per_second(1_000, 1));
        for n in 0..1_000_000u64 {
            table.take(&n, 1 + n * 10);
        }
        assert!(table.len() < SHARDS * SWEEP_AT_MIN * 2, "{}", table.len());
    }

    #[test]
    fn a_clock_that_is_set_back_refuses_for_one_unit_at_most() {
        const HOUR_US: u64 = 3_600_000_000;
        let (table, now_us) = (LimitTable::new(Rate::per_second(1, 2)), 1_700_000_000_000_000);
        assert!(table.take("a", now_us + HOUR_US).allowed);
        let verdict = table.take("a", now_us);
        assert_eq!((verdict.allowed, verdict.retry_after_us, verdict.reset_after_us), (false, 1_000_000, 2_000_000));
        assert!(table.take("a", now_us + 1_000_000).allowed);
    }

    #[tokio::test]
    async fn the_port_keeps_rates_apart() {
        let limits = EmbeddedLimits::default();
        let (slow, fast) = (Rate::per_second(1, 1), Rate::per_second(1, 3));
        let batch: Vec<_> = [slow, slow, fast, fast].iter().map(|rate| ("a".to_owned(), *rate)).collect();
        let allowed: Vec<bool> = limits.take(&batch, 5).await.expect("decides").iter().map(|v| v.allowed).collect();
        assert_eq!(allowed, [true, false, true, true]);
    }
}
