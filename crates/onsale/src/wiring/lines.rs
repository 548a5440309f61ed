//! Lines before sites: their rules, their streams, and what their visitors' cookies are signed with.

use super::{Parts, secrets};
use crate::config::{Config, HotEngine};
use anyhow::{Context, bail};
use domain::EventName;
use lines::{ServingCache, Streams};
use queue::site::signed::{KEY_BYTES_MIN, new_key};
use queue::{ConfiguredLines, CookieKeys, LineSettings, Site};
use std::sync::Arc;

/// The file in the data folder with the key that was made.
const KEY_FILE: &str = "cookie.key";

/// How lines admit that nobody has changed.
pub(super) fn settings(config: &Config) -> LineSettings {
    let queue = &config.queue;
    LineSettings {
        // Checked with the configuration.
        lines: queue.lines.iter().filter_map(|name| EventName::new(name).ok()).collect(),
        rate_per_second: queue.rate_per_second,
        interval_ms: queue.batch_interval_ms,
        capacity: queue.capacity,
        pass_ttl_ms: queue.token_ttl_seconds * 1_000,
        abandon_after_ms: queue.abandon_after_seconds * 1_000,
        inside_max: queue.max_inside,
    }
}

/// What makes lines public, in a process that keeps lines.
#[derive(Clone)]
pub struct Lines {
    /// The public documents.
    pub cache: ServingCache,
    /// The same, pushed.
    pub streams: Streams,
    /// Sites behind lines.
    pub site: Site,
}

impl Lines {
    /// Over the engines of this process; none where it keeps no lines. Makes the lines that are not there yet.
    ///
    /// # Errors
    /// When there is nothing to sign cookies with.
    pub async fn open(config: &Config, parts: &Parts) -> anyhow::Result<Option<Self>> {
        let Some(deciding) = parts.queue_service() else { return Ok(None) };
        let client = deciding.gate.lines.clone();
        let keys = Arc::new(cookie_keys(config)?);
        let mut lines = ConfiguredLines::new(client.port.clone(), settings(config));
        if let Err(error) = lines.follow().await {
            tracing::warn!(%error, "the configured lines could not be made yet");
        }
        tokio::spawn(lines.follow_in_background());
        let cache = ServingCache::new(client.port.clone());
        let streams = Streams::new(client.clone(), cache.clone(), config.queue.streams_max);
        let site = Site::new(client, cache.clone(), keys, config.queue.bind_network);
        Ok(Some(Self { cache, streams, site }))
    }
}

fn cookie_keys(config: &Config) -> anyhow::Result<CookieKeys> {
    let queue = &config.queue;
    let given = secrets::given(&queue.cookie_key, &queue.cookie_key_file, "queue.cookie_key_file")?;
    let newest = given.map_or_else(|| made_key(config), Ok)?;
    let previous = Some(queue.cookie_previous_key.as_bytes()).filter(|key| !key.is_empty());
    CookieKeys::new(newest.as_bytes(), previous).context("queue.cookie_key can not be used")
}

/// The key of a process that shares lines with no other.
fn made_key(config: &Config) -> anyhow::Result<String> {
    let make = || new_key().context("the system has no randomness");
    if config.queue.lines.is_empty() {
        return make();
    }
    if config.hot_engine() != HotEngine::Embedded {
        bail!(
            "servers that share lines must sign cookies alike: set queue.cookie_key (or queue.cookie_key_file) to the \
             same {KEY_BYTES_MIN} characters or more on each, such as those of `openssl rand -hex 32`"
        );
    }
    secrets::kept(&config.data.dir, KEY_FILE, make)
}
