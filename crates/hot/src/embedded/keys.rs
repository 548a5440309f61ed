//! Values with a life, in the memory of one process. They do not outlive it: what must, is journalled elsewhere.

use crate::port::{HotError, KeyPort};
use async_trait::async_trait;
use domain::Timestamp;
use hashbrown::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most values held; past that new ones are refused rather than old ones forgotten before their time.
const VALUES_MAX: usize = 4_000_000;
const SWEEP_AT_MIN: usize = 16_384;

#[derive(Debug)]
struct Value {
    bytes: Vec<u8>,
    /// Gone from this moment on.
    until_ms: i64,
}

#[derive(Debug, Default)]
struct Values {
    by_name: HashMap<String, Value>,
    sweep_at: usize,
}

/// The key port of one process.
#[derive(Debug, Default)]
pub struct EmbeddedKeys(Mutex<Values>);

impl EmbeddedKeys {
    fn values(&self) -> MutexGuard<'_, Values> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Values {
    fn live(&self, name: &str, now: Timestamp) -> Option<&Value> {
        self.by_name.get(name).filter(|value| now.millis() < value.until_ms)
    }

    fn put(&mut self, name: String, bytes: Vec<u8>, ttl_ms: u64, now: Timestamp) -> Result<(), HotError> {
        if self.by_name.len() >= self.sweep_at.max(SWEEP_AT_MIN) {
            self.by_name.retain(|_, value| now.millis() < value.until_ms);
            self.sweep_at = self.by_name.len() * 2;
        }
        if self.by_name.len() >= VALUES_MAX {
            return Err(HotError::unavailable("too many values are held"));
        }
        let until_ms = now.millis().saturating_add_unsigned(ttl_ms);
        self.by_name.insert(name, Value { bytes, until_ms });
        Ok(())
    }
}

#[async_trait]
impl KeyPort for EmbeddedKeys {
    async fn put(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<(), HotError> {
        let mut values = self.values();
        entries.into_iter().try_for_each(|(name, bytes)| values.put(name, bytes, ttl_ms, now))
    }

    async fn claim(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<Vec<bool>, HotError> {
        let mut values = self.values();
        let claim = |(name, bytes): (String, Vec<u8>)| {
            if values.live(&name, now).is_some() {
                return Ok(false);
            }
            values.put(name, bytes, ttl_ms, now).map(|()| true)
        };
        entries.into_iter().map(claim).collect()
    }

    async fn get(&self, names: &[String], now: Timestamp) -> Result<Vec<Option<Vec<u8>>>, HotError> {
        let values = self.values();
        Ok(names.iter().map(|name| values.live(name, now).map(|value| value.bytes.clone())).collect())
    }

    async fn remove(&self, names: &[String]) -> Result<(), HotError> {
        let mut values = self.values();
        for name in names {
            values.by_name.remove(name);
        }
        Ok(())
    }

    async fn remove_if(&self, name: &str, value: &[u8], now: Timestamp) -> Result<bool, HotError> {
        let mut values = self.values();
        let is_this = values.live(name, now).is_some_and(|known| known.bytes == value);
        if is_this {
            values.by_name.remove(name);
        }
        Ok(is_this)
    }
}
