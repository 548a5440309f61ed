//! Hot state on Redis.

use super::kafka;
use crate::config::{BusEngine, Config, HotAck};
use anyhow::{Context, bail};
use coupon::announce::OnBus;
use hot::redis::{Ack, Announce, LineOptions, RedisAddress, RedisConnections, RedisEngine, RedisLines, RedisOptions};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a server waits at its start for a Redis that is away.
const PATIENCE: Duration = Duration::from_secs(60);
const TRIED_EVERY: Duration = Duration::from_secs(1);

fn ack(config: &Config) -> Ack {
    match config.hot.ack {
        HotAck::None => Ack::None,
        HotAck::Replica => Ack::Replica,
        HotAck::Bus => Ack::Bus,
    }
}

fn options(config: &Config) -> anyhow::Result<RedisOptions> {
    let ack = ack(config);
    let announce: Option<Arc<dyn Announce>> = match (ack, config.bus_engine()) {
        (Ack::Bus, BusEngine::Kafka(brokers)) => Some(Arc::new(OnBus(Arc::new(kafka::publisher(&brokers)?)))),
        (Ack::Bus, BusEngine::Local) => {
            bail!("hot.ack = \"bus\" needs a bus that keeps messages; set bus.url to a Kafka")
        }
        _ => None,
    };
    Ok(RedisOptions { ack, announce })
}

/// Waiting lines on the connections of this process.
pub(super) fn lines(config: &Config, connections: &RedisConnections) -> RedisLines {
    RedisLines::new(connections.clone(), LineOptions { ack: ack(config), ..LineOptions::default() })
}

/// Coupons on the connections of this process.
///
/// # Errors
/// When the configuration contradicts itself.
pub(super) fn engine(config: &Config, connections: &RedisConnections) -> anyhow::Result<RedisEngine> {
    Ok(RedisEngine::new(connections.clone(), options(config)?))
}

/// Connects; a Redis that is just starting, or failing over, is waited for.
///
/// # Errors
/// When Redis cannot be reached in [`PATIENCE`].
pub(super) async fn connect(config: &Config, address: &RedisAddress) -> anyhow::Result<RedisConnections> {
    // Each worker has one batch of coupons and one of lines under way.
    let decisions = 2 * config.http.worker_count();
    let begun = Instant::now();
    loop {
        match RedisConnections::open(address, decisions).await {
            Ok(connections) => return Ok(connections),
            Err(error) if begun.elapsed() < PATIENCE => {
                tracing::warn!(%error, "waiting for Redis");
                tokio::time::sleep(TRIED_EVERY).await;
            }
            Err(error) => {
                return Err(error).context("hot state cannot be reached; check hot.url, or see `onsale doctor`");
            }
        }
    }
}
