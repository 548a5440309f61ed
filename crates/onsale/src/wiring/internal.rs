//! The keys by which our own services know each other (INT-001..006).

use super::secrets;
use crate::config::{Config, HotEngine};
use access::internal::InternalKeys;
use anyhow::{Context, bail};
use uuid::Uuid;

/// The file in the data folder with the key that was made.
const KEY_FILE: &str = "internal.key";

/// The key with which the issuer calls the gate; none where the configuration gives none.
pub(super) fn issuer_key(config: &Config) -> anyhow::Result<Option<String>> {
    let keys = &config.internal.key;
    secrets::given(&keys.issuer, &keys.issuer_file, "internal.key.issuer_file")
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
             same UUID for the issuer and for the queue role"
        ),
    }
}

/// The keys that the gate accepts: the issuer's, its own, and those before. In one process that has none, one is made.
///
/// # Errors
/// When a file can not be read or written.
pub(super) fn accepted_by_gate(config: &Config) -> anyhow::Result<InternalKeys> {
    let (keys, previous) = (&config.internal.key, &config.internal.previous_key);
    let own = secrets::given(&keys.queue, &keys.queue_file, "internal.key.queue_file")?;
    let mut accepted: Vec<String> = [issuer_key(config)?, own].into_iter().flatten().collect();
    if accepted.is_empty() && config.hot_engine() == HotEngine::Embedded {
        let make = || Ok(Uuid::new_v4().to_string());
        accepted.push(secrets::kept(&config.data.dir, KEY_FILE, make).context("the key of our own services")?);
    }
    accepted.extend([previous.issuer.clone(), previous.queue.clone()]);
    Ok(InternalKeys::accepting(accepted.iter().map(String::as_str)))
}
