//! Values with a lifetime: what every engine for keys promises.

use super::HotError;
use async_trait::async_trait;
use domain::Timestamp;

/// Values with a lifetime: caches, blacklists, claims (DATA-002).
#[async_trait]
pub trait KeyPort: Send + Sync + 'static {
    /// Stores values until `now + ttl_ms`.
    async fn put(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<(), HotError>;
    /// Stores values whose names are free. Returns for each whether it was stored.
    async fn claim(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<Vec<bool>, HotError>;
    /// Reads values; an expired value is `None`.
    async fn get(&self, names: &[String], now: Timestamp) -> Result<Vec<Option<Vec<u8>>>, HotError>;
    /// Removes values.
    async fn remove(&self, names: &[String]) -> Result<(), HotError>;
    /// Removes a value if it is this one, in one step: a value that another caller has stored meanwhile stays. Returns whether
    /// it was removed.
    async fn remove_if(&self, name: &str, value: &[u8], now: Timestamp) -> Result<bool, HotError>;
}
