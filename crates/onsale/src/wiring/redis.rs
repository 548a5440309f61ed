//! Hot state on Redis.

use super::kafka;
use crate::config::{BusEngine, Config, HotAck};
use anyhow::{Context, bail};
use async_trait::async_trait;
use bus::kafka::KafkaPublisher;
use bus::{BATCH_MAX, Publisher};
use domain::message::{Envelope, topic};
use hot::redis::{Ack, Announce, LineOptions, RedisAddress, RedisEngine, RedisLines, RedisOptions};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a server waits at its start for a Redis that is away.
const PATIENCE: Duration = Duration::from_secs(60);
const TRIED_EVERY: Duration = Duration::from_secs(1);

/// Tells Kafka of coupons before their winners hear of them.
struct ToKafka(KafkaPublisher);

#[async_trait]
impl Announce for ToKafka {
    async fn announce(&self, messages: Vec<Envelope>) -> Result<(), String> {
        let messages: Vec<Arc<Envelope>> = messages.into_iter().map(Arc::new).collect();
        for some in messages.chunks(BATCH_MAX) {
            self.0.publish(topic::COUPON_EVENTS, some).await.map_err(|error| bus::chain(&error))?;
        }
        Ok(())
    }
}

fn options(config: &Config) -> anyhow::Result<RedisOptions> {
    let ack = match config.hot.ack {
        HotAck::None => Ack::None,
        HotAck::Replica => Ack::Replica,
        HotAck::Bus => Ack::Bus,
    };
    let announce: Option<Arc<dyn Announce>> = match (ack, config.bus_engine()) {
        (Ack::Bus, BusEngine::Kafka(brokers)) => Some(Arc::new(ToKafka(kafka::publisher(&brokers)?))),
        (Ack::Bus, BusEngine::Local) => {
            bail!("hot.ack = \"bus\" needs a bus that keeps messages; set bus.url to a Kafka")
        }
        _ => None,
    };
    Ok(RedisOptions { ack, announce, connections: config.http.worker_count() })
}

/// Waiting lines on a Redis that the coupons were just found on.
///
/// # Errors
/// When it can not be reached.
pub(super) async fn lines(config: &Config, address: &RedisAddress) -> anyhow::Result<RedisLines> {
    let ack = options(config)?.ack;
    let connections = config.http.worker_count();
    let options = LineOptions { ack, connections, ..LineOptions::default() };
    RedisLines::open(address, options).await.context("hot state can not be reached")
}

/// Connects; a Redis that is just starting, or failing over, is waited for.
///
/// # Errors
/// When it can not be reached in [`PATIENCE`].
pub(super) async fn engine(config: &Config, address: &RedisAddress) -> anyhow::Result<RedisEngine> {
    let options = options(config)?;
    let begun = Instant::now();
    loop {
        match RedisEngine::open(address, options.clone()).await {
            Ok(engine) => return Ok(engine),
            Err(error) if begun.elapsed() < PATIENCE => {
                tracing::warn!(%error, "waiting for Redis");
                tokio::time::sleep(TRIED_EVERY).await;
            }
            Err(error) => {
                return Err(error).context("hot state can not be reached; check hot.url, or see `onsale doctor`");
            }
        }
    }
}
