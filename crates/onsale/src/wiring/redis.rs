//! Hot state on Redis.

use super::kafka;
use super::supervisor::Task;
use super::trust::Trust;
use crate::config::{BusEngine, Config, HotAck};
use anyhow::{Context, bail};
use coupon::announce::OnBus;
use hot::redis::{
    Ack, Announce, LineOptions, RedisAddress, RedisConnections, RedisEngine, RedisLines, RedisOptions, RedisSeats,
    SeatOptions,
};
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

/// Held seats on the connections of this process.
pub(super) fn seats(config: &Config, connections: &RedisConnections) -> RedisSeats {
    RedisSeats::new(connections.clone(), SeatOptions { ack: ack(config) })
}

/// Coupons on the connections of this process. While they are served, [`watcher`] has to run.
///
/// # Errors
/// When the configuration contradicts itself.
pub(super) fn engine(config: &Config, connections: &RedisConnections) -> anyhow::Result<RedisEngine> {
    Ok(RedisEngine::new(connections.clone(), options(config)?))
}

/// Watches campaigns that can issue nothing, so that this process refuses by itself.
pub(super) fn watcher(engine: RedisEngine) -> Task {
    Task::new("campaign watcher", move || engine.watch())
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
            // A certificate does not become trusted by waiting.
            Err(error) => match Trust::Hot.change(&error.to_string()) {
                Some(change) => return Err(error).context(format!("hot state cannot be reached; {change}")),
                None if begun.elapsed() < PATIENCE => {
                    tracing::warn!(%error, "waiting for Redis");
                    tokio::time::sleep(TRIED_EVERY).await;
                }
                None => {
                    return Err(error).context("hot state cannot be reached; check hot.url, or see `onsale doctor`");
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wiring::Supervisor;
    use bus::local::{LocalBus, LocalDeadLetters};
    use bus::{ConsumerOptions, Publisher};
    use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
    use onsale_http::Failures;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Panics when the watcher shows its first round, and counts the rounds.
    #[derive(Default)]
    struct Planted(AtomicU32);

    impl Recorder for Planted {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::noop()
        }

        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            let is_first = key.name() == "onsale_hot_breaker_open" && self.0.fetch_add(1, Ordering::SeqCst) == 0;
            assert!(!is_first, "a planted fault");
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[tokio::test]
    async fn a_watcher_that_panics_is_reported_and_watches_again() {
        let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
        let address = RedisAddress::parse(&redis.url()).expect("an address");
        let connections = RedisConnections::open(&address, 2).await.expect("connects");
        let recorder = Planted::default();
        let _local = ::metrics::set_default_local_recorder(&recorder);
        let folder = tempfile::tempdir().expect("a folder");
        let dead_letters = LocalDeadLetters::open(&folder.path().join(LocalDeadLetters::FILE)).expect("opened");
        let bus = LocalBus::start(Vec::new(), dead_letters, ConsumerOptions::default());
        let (publisher, failures): (Arc<dyn Publisher>, _) = (Arc::new(bus), Failures::default());
        let engine = RedisEngine::new(connections, RedisOptions { ack: Ack::None, announce: None });
        let supervisor = Supervisor::start(vec![watcher(engine)], &publisher, &failures);
        let begun = Instant::now();
        while recorder.0.load(Ordering::SeqCst) < 2 {
            assert!(begun.elapsed() < PATIENCE, "it does not watch again");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let shown = failures.check().expect_err("health shows it");
        assert!(shown.contains("campaign watcher"), "{shown}");
        supervisor.stop(PATIENCE).await;
    }
}
