//! Whether each master takes writes, asked again and again: an answer to reads says nothing about that.

use super::address::NodeAddress;
use super::lane::Lane;
use super::slot::slot_of;
use super::{Lanes, uptime_ms};
use crate::port::HotHealth;
use crate::redis::acl;
use redis::{Pipeline, RedisError, Value};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How often a small value is written to each master.
const WRITTEN_EVERY: Duration = Duration::from_secs(3);
/// The same while one does not take it.
const TRIED_EVERY: Duration = Duration::from_millis(500);
/// A look that is older than this counts as failed: nobody looks any more.
const LATE_MS: i64 = 10_000;
/// The value lives so long; it says that this program writes here.
const VALUE_LIFE_MS: u64 = 60_000;
/// Longest wait of one look for a replica.
const WAIT_MS: u64 = 300;
/// Clocks that differ by more than this decide differently about openings and lives.
pub(super) const CLOCK_DIFFERENCE_MAX_MS: i64 = 500;
/// A difference of clocks is told again after this time.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// What the last look at a master has shown.
#[derive(Clone, Debug)]
struct Look {
    /// Why a write did not pass.
    failed: Option<String>,
    /// Replicas that had the write in time.
    replicas: i64,
    clock_ahead_ms: Option<i64>,
}

/// The masters as they were seen last.
#[derive(Default)]
pub(super) struct Monitor {
    looks: Mutex<(i64, HashMap<NodeAddress, Look>)>,
}

impl Monitor {
    /// `needs_replica`: decisions wait for one.
    pub fn health(&self, needs_replica: bool) -> HotHealth {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let (at_ms, looks) = (looks.0, &looks.1);
        let mut health = HotHealth::default();
        if uptime_ms() - at_ms > LATE_MS || looks.is_empty() {
            health.down = Some("no write to Redis was tried lately".to_owned());
            return health;
        }
        let mut failed: Vec<String> = looks.values().filter_map(|look| look.failed.clone()).collect();
        failed.sort_unstable();
        // What lives on the other shards is decided: a server that is taken away serves nothing at all.
        if failed.len() == looks.len() {
            health.down = Some(failed.join("; "));
            return health;
        }
        health.warnings.extend(failed.into_iter().map(|why| format!("{why}: its campaigns and lines decide nothing")));
        for (node, look) in looks.iter().filter(|(_, look)| look.failed.is_none()) {
            if needs_replica && look.replicas == 0 {
                let warning =
                    format!("the shard of {node} waits for a replica: its campaigns and lines decide nothing");
                health.warnings.push(warning);
            }
            if let Some(ahead_ms) = look.clock_ahead_ms.filter(|ms| ms.abs() > CLOCK_DIFFERENCE_MAX_MS) {
                health.warnings.push(format!("the clock of {node} is {ahead_ms} ms ahead of this server's"));
            }
        }
        health.warnings.sort_unstable();
        health
    }

    fn store(&self, looks: HashMap<NodeAddress, Look>) {
        *self.looks.lock().unwrap_or_else(PoisonError::into_inner) = (uptime_ms(), looks);
    }
}

/// Looks at all masters until the connections are dropped.
pub(super) async fn watch(lanes: Weak<Lanes>) {
    let mut told_at: Option<Instant> = None;
    loop {
        let Some(all) = lanes.upgrade() else { return };
        let looks = look_at_all(&all).await;
        let is_well = looks.values().all(|look| look.failed.is_none());
        let apart = looks
            .iter()
            .find(|(_, look)| look.clock_ahead_ms.is_some_and(|ahead_ms| ahead_ms.abs() > CLOCK_DIFFERENCE_MAX_MS));
        if let Some((node, look)) = apart
            && told_at.is_none_or(|at| at.elapsed() > TOLD_EVERY)
        {
            told_at = Some(Instant::now());
            tracing::warn!(%node, ahead_ms = look.clock_ahead_ms, "the clocks of Redis and this server differ");
        }
        all.monitor.store(looks);
        drop(all);
        tokio::time::sleep(if is_well { WRITTEN_EVERY } else { TRIED_EVERY }).await;
    }
}

async fn look_at_all(lanes: &Lanes) -> HashMap<NodeAddress, Look> {
    let masters = lanes.topology.masters();
    let looks = masters.iter().map(|(node, slot)| look_at(&lanes.health, node, *slot));
    let looks = futures::future::join_all(looks).await;
    if looks.iter().any(|look| look.failed.is_some()) {
        // Another node may be the master by now.
        lanes.topology.refresh().await;
    }
    let mut looks: HashMap<NodeAddress, Look> = masters.into_iter().map(|(node, _)| node).zip(looks).collect();
    let unserved = lanes.topology.unserved();
    if unserved > 0 {
        let failed = Some(format!("{unserved} slots of the cluster are served by no node"));
        looks.insert(NodeAddress::new("cluster", 0), Look { failed, replicas: 0, clock_ahead_ms: None });
    }
    metrics::gauge!("onsale_hot_shards_failed").set(looks.values().filter(|look| look.failed.is_some()).count() as f64);
    let ahead_ms = looks.values().filter_map(|look| look.clock_ahead_ms).max_by_key(|ms| ms.abs());
    metrics::gauge!("onsale_clock_ahead_ms", "of" => "redis").set(ahead_ms.unwrap_or_default() as f64);
    looks
}

async fn look_at(lane: &Lane, node: &NodeAddress, slot: u16) -> Look {
    let key = key_in(slot);
    let mut commands = Pipeline::with_capacity(4);
    commands.cmd("TIME");
    commands.cmd("SET").arg(&key).arg("written").arg("PX").arg(VALUE_LIFE_MS);
    commands.cmd("WAIT").arg(1).arg(WAIT_MS);
    commands.cmd("EVAL").arg(acl::SCRIPT).arg(0).arg(acl::arguments());
    let begun = Instant::now();
    let values = lane.send(node, &commands).await;
    let now_ms = clock::now().millis();
    let took_ms = begun.elapsed().as_millis() as i64;
    let failed = |error: &dyn std::fmt::Display| Look {
        failed: Some(format!("{node}: {error}")),
        replicas: 0,
        clock_ahead_ms: None,
    };
    let values = match values {
        Ok(values) => values,
        Err(error) => return failed(&error),
    };
    let mut values = values.into_iter();
    let mut next = || values.next().unwrap_or(Value::Nil);
    let (time, written, waited, rights) = (next(), next(), next(), next());
    if let Err(error) = written.extract_error() {
        return failed(&error);
    }
    // One right among many may be missing: then this value is written, and no decision is.
    let lacking = match rights.extract_error() {
        Ok(rights) => acl::lacking_to_decide(rights),
        Err(error) => return failed(&error),
    };
    if !lacking.is_empty() {
        return failed(&format!("its user lacks {}", lacking.join(" ")));
    }
    // A user that may not ask for the time, or for replicas, may still decide.
    let replicas = match waited {
        Value::Int(replicas) => replicas,
        _ => 1,
    };
    // The answer came when the replica had the value, up to the whole wait later than the node read its clock.
    let clock_ahead_ms = time_ms(time).ok().map(|at_ms| at_ms.clamp(i64::MIN, i64::MAX)).map(|at_ms| {
        let (earliest, latest) = (now_ms - took_ms, now_ms);
        (at_ms - latest).max(0) + (at_ms - earliest).min(0)
    });
    Look { failed: None, replicas, clock_ahead_ms }
}

fn time_ms(time: Value) -> Result<i64, RedisError> {
    let (seconds, micros): (i64, i64) = redis::from_redis_value(time.extract_error()?)?;
    Ok(seconds * 1_000 + micros / 1_000)
}

/// A key of our own that lies in the slot.
pub(in crate::redis) fn key_in(slot: u16) -> String {
    let names = (0_u32..).map(|number| format!("coupon:health:{{{number}}}"));
    // One of 16384 lies there; past that many tries the name would only be a longer search.
    names.take(1 << 20).find(|name| slot_of(name) == slot).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(failed: Option<&str>, replicas: i64, clock_ahead_ms: i64) -> Look {
        Look { failed: failed.map(str::to_owned), replicas, clock_ahead_ms: Some(clock_ahead_ms) }
    }

    fn health(looks: &[Look], needs_replica: bool) -> HotHealth {
        let monitor = Monitor::default();
        let looks = looks.iter().cloned().zip(1..).map(|(look, port)| (NodeAddress::new("node", port), look));
        monitor.store(looks.collect());
        monitor.health(needs_replica)
    }

    #[test]
    fn every_slot_has_a_key() {
        for slot in [0, 1, 5_461, 16_383] {
            assert_eq!(slot_of(&key_in(slot)), slot);
        }
    }

    #[test]
    fn a_refused_write_is_down_and_a_missing_replica_is_named() {
        assert_eq!(health(&[look(None, 1, 499), look(None, 1, -499)], true), HotHealth::default());
        let down = health(&[look(Some("node:1: MISCONF"), 0, 0), look(Some("node:2: MISCONF"), 0, 0)], true);
        assert_eq!(down.down.as_deref(), Some("node:1: MISCONF; node:2: MISCONF"));
        let lamed = health(&[look(None, 1, 0), look(Some("node:2: MISCONF"), 0, 0)], true);
        assert!(lamed.down.is_none() && lamed.warnings[0].contains("node:2: MISCONF"), "the other serves: {lamed:?}");
        let alone = health(&[look(None, 0, 0)], true);
        assert!(alone.down.is_none() && alone.warnings[0].contains("node:1"), "{alone:?}");
        assert_eq!(health(&[look(None, 0, 0)], false), HotHealth::default());
        let apart = health(&[look(None, 1, -501)], true);
        assert!(apart.down.is_none() && apart.warnings[0].contains("-501 ms"), "{apart:?}");
        assert!(Monitor::default().health(true).down.is_some(), "nobody has looked");
    }
}
