//! The keys by which our own services know each other (INT-001..006).

use super::secrets;
use crate::config::{Config, HotEngine};
use access::InternalKeys;
use anyhow::{Context, bail};
use uuid::Uuid;

/// The file in the data folder with the key that was made.
const KEY_FILE: &str = "internal.key";

/// The issuer's key, with which it calls the gate; `None` where the configuration gives none.
pub(super) fn issuer_key(config: &Config) -> anyhow::Result<Option<String>> {
    let keys = &config.internal.key;
    secrets::given(&keys.issuer, &keys.issuer_file, "internal.key.issuer_file")
}

/// The queue role's key, with which it calls the coupon role; `None` where the configuration gives none.
pub(super) fn queue_key(config: &Config) -> anyhow::Result<Option<String>> {
    let keys = &config.internal.key;
    secrets::given(&keys.queue, &keys.queue_file, "internal.key.queue_file")
}

/// As [`issuer_key`], where it is needed.
///
/// # Errors
/// When there is none.
pub(super) fn demand_issuer_key(config: &Config) -> anyhow::Result<String> {
    match issuer_key(config)? {
        Some(key) => Ok(key),
        None => bail!(
            "the issuer reports to the gate with a key: set internal.key.issuer (or internal.key.issuer_file) to the \
             same UUID for the issuer and for the gate role"
        ),
    }
}

/// The keys that the gate accepts: the issuer's, its own, and those before. In one process that has none, one is made.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn accepted_by_gate(config: &Config) -> anyhow::Result<InternalKeys> {
    let (keys, previous) = (&config.internal.key, &config.internal.previous_key);
    let own = secrets::given(&keys.gate, &keys.gate_file, "internal.key.gate_file")?;
    let mut accepted: Vec<String> = [issuer_key(config)?, own].into_iter().flatten().collect();
    if accepted.is_empty() && config.hot_engine() == HotEngine::Embedded {
        let make = || Ok(Uuid::new_v4().to_string());
        accepted.push(secrets::kept(&config.data.dir, KEY_FILE, make).context("the key of our own services")?);
    }
    accepted.extend([previous.issuer.clone(), previous.gate.clone()]);
    Ok(InternalKeys::accepting(accepted.iter().map(String::as_str)))
}

/// The keys that the coupon role accepts: the queue role's, its own, and those before.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn accepted_by_coupon(config: &Config) -> anyhow::Result<InternalKeys> {
    let (keys, previous) = (&config.internal.key, &config.internal.previous_key);
    let own = secrets::given(&keys.coupon, &keys.coupon_file, "internal.key.coupon_file")?;
    let mut accepted: Vec<String> = [queue_key(config)?, own].into_iter().flatten().collect();
    accepted.extend([previous.queue.clone(), previous.coupon.clone()]);
    Ok(InternalKeys::accepting(accepted.iter().map(String::as_str)))
}
