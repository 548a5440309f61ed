//! What a Redis must be able to keep: `doctor` says so, and `serve` does not start without.

use super::finding::{Finding, Verdict};
use crate::config::{Config, HotAck};
use anyhow::bail;
use hot::redis::{NodeSurvey, RedisAddress, survey};
use std::time::{Duration, Instant};

/// How long `serve` waits for replicas: a cluster that has just failed over has its replica back after this.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// Those that gave an account of themselves.
pub(super) fn known(nodes: &[NodeSurvey]) -> impl Iterator<Item = &NodeSurvey> {
    nodes.iter().filter(|node| node.unreachable.is_none())
}

/// Addresses, for a text.
pub(super) fn named(nodes: &[&NodeSurvey]) -> String {
    nodes.iter().map(|node| node.address.as_str()).collect::<Vec<_>>().join(", ")
}

/// A line to type for the first of these nodes.
pub(super) fn typed(nodes: &[&NodeSurvey], command: &str) -> String {
    let (host, port) = nodes.first().and_then(|node| node.address.rsplit_once(':')).unwrap_or_default();
    let each = if nodes.len() > 1 { " (and on each of the others)" } else { "" };
    format!("redis-cli -h {host} -p {port} {command}{each}")
}

/// The checks without which a yes may be lost.
pub(super) fn promises(nodes: &[NodeSurvey], ack: HotAck) -> Vec<Finding> {
    vec![append_only(nodes), eviction(nodes), replica(nodes, ack)]
}

fn append_only(nodes: &[NodeSurvey]) -> Finding {
    let name = "redis-appendonly";
    let those = |wanted: &dyn Fn(&NodeSurvey) -> bool| known(nodes).filter(|node| wanted(node)).collect::<Vec<_>>();
    let without = those(&|node| node.append_only == Some(false));
    if !without.is_empty() {
        let said = format!(
            "{}: no append-only file: after a restart it is empty, and its replica copies the emptiness",
            named(&without)
        );
        let change = format!("{}, and \"appendonly yes\" in redis.conf", typed(&without, "CONFIG SET appendonly yes"));
        return Finding::wrong(name, said, change);
    }
    let failing = those(&|node| node.append_only == Some(true) && !node.append_is_well);
    if !failing.is_empty() {
        let said = format!("{}: the append-only file can not be written", named(&failing));
        return Finding::wrong(name, said, "make room on its disk, and see its log");
    }
    let unflushed = those(&|node| node.settings.get("appendfsync").is_some_and(|policy| policy == "no"));
    if !unflushed.is_empty() {
        let said = format!("{}: appendfsync is \"no\": a power cut takes half a minute with it", named(&unflushed));
        let command = typed(&unflushed, "CONFIG SET appendfsync everysec");
        return Finding::warning(name, said, format!("{command}, and \"appendfsync everysec\" in redis.conf"));
    }
    if those(&|node| node.append_only.is_none()).is_empty() {
        return Finding::ok(name, "every node keeps an append-only file");
    }
    Finding::warning(name, "may not be asked", "see redis-rights")
}

fn eviction(nodes: &[NodeSurvey]) -> Finding {
    let name = "redis-eviction";
    let evicts =
        |node: &&NodeSurvey| node.memory_max_bytes > 0 && node.eviction.as_deref().is_some_and(|it| it != "noeviction");
    let evicting: Vec<_> = known(nodes).filter(evicts).collect();
    if let Some(first) = evicting.first() {
        let said = format!(
            "{}: maxmemory-policy is \"{}\": when memory is full, it throws away coupons that people have heard of",
            named(&evicting),
            first.eviction.as_deref().unwrap_or_default()
        );
        let command = typed(&evicting, "CONFIG SET maxmemory-policy noeviction");
        return Finding::wrong(name, said, format!("{command}, and \"maxmemory-policy noeviction\" in redis.conf"));
    }
    if known(nodes).any(|node| node.eviction.is_none()) {
        return Finding::warning(name, "may not be asked", "see redis-rights");
    }
    Finding::ok(name, "nothing is thrown away when memory is full")
}

fn replica(nodes: &[NodeSurvey], ack: HotAck) -> Finding {
    let name = "redis-replica";
    let alone: Vec<_> = known(nodes).filter(|node| node.decides && node.replicas == 0).collect();
    if alone.is_empty() {
        return links(nodes);
    }
    let give = "give each master a replica: redis-cli --cluster add-node NEW:PORT ANY:PORT --cluster-slave, \
                or for a single one \"replicaof HOST PORT\" in the replica's redis.conf";
    if ack == HotAck::None {
        return Finding::warning(
            name,
            format!("{}: no replica; its end is the end of its coupons", named(&alone)),
            give,
        );
    }
    let what = if alone.len() == known(nodes).count() {
        "no replica, and hot.ack waits for one: no yes could ever be confirmed"
    } else {
        "no replica whose link is up, and hot.ack waits for one: its campaigns could give no coupon"
    };
    let or = "or, where a failover may take back what people have heard, set hot.ack = \"none\"";
    Finding::wrong(name, format!("{}: {what}", named(&alone)), format!("{give}; {or}"))
}

fn links(nodes: &[NodeSurvey]) -> Finding {
    let name = "redis-replica";
    let down: Vec<_> = known(nodes).filter(|node| node.role == "slave" && !node.link_is_up).collect();
    if down.is_empty() {
        return Finding::ok(name, "every master has a replica whose link is up");
    }
    let said = format!("{}: the link to its master is down; another replica serves meanwhile", named(&down));
    Finding::warning(name, said, "see its log, and masterauth if there is a password")
}

/// Whether waiting may help: replicas come back, settings do not change by themselves.
fn may_pass(finding: &Finding, address: &RedisAddress) -> bool {
    finding.name == "redis-replica" && matches!(address, RedisAddress::Cluster(_))
}

/// Refuses a Redis that can not keep what `serve` would promise. That it can not be reached is for others to say.
///
/// # Errors
/// What can not be kept, with the line to change.
pub async fn demand(config: &Config, address: &RedisAddress) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let Ok(nodes) = survey(address).await else { return Ok(()) };
        let mut broken = promises(&nodes, config.hot.ack);
        broken.retain(|finding| finding.verdict == Verdict::Wrong);
        if broken.is_empty() {
            return Ok(());
        }
        let text = told(&broken);
        if config.hot.allow_unsafe {
            tracing::warn!("serving with a Redis that can not keep what is promised (hot.allow_unsafe): {text}");
            return Ok(());
        }
        if !broken.iter().all(|finding| may_pass(finding, address)) || begun.elapsed() >= PATIENCE {
            bail!(
                "Redis can not keep what would be promised\n{text}\nTo serve all the same, set hot.allow_unsafe = true"
            );
        }
        tracing::warn!("waiting for Redis: {text}");
        tokio::time::sleep(LOOKED_EVERY).await;
    }
}

fn told(broken: &[Finding]) -> String {
    let line = |finding: &Finding| {
        format!("{}: {}\n  change: {}", finding.name, finding.said, finding.change.as_deref().unwrap_or_default())
    };
    broken.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::redis::tests::cluster;
    use super::*;

    #[test]
    fn a_replica_may_come_back_and_a_setting_not() {
        let both = RedisAddress::parse("redis+cluster://a:1,b:2").expect("an address");
        let single = RedisAddress::parse("redis://a:1").expect("an address");
        let (replica, append) = (Finding::wrong("redis-replica", "", ""), Finding::wrong("redis-appendonly", "", ""));
        assert!(may_pass(&replica, &both) && !may_pass(&replica, &single) && !may_pass(&append, &both));
    }

    #[test]
    fn a_file_that_can_not_be_written_and_a_link_that_is_down_are_told() {
        let mut nodes = cluster();
        nodes[4].append_is_well = false;
        nodes[5].link_is_up = false;
        let found = promises(&nodes, HotAck::Replica);
        assert_eq!((found[0].verdict, found[2].verdict), (Verdict::Wrong, Verdict::Warning), "{found:?}");
        nodes[4].append_is_well = true;
        nodes[4].settings.insert("appendfsync".into(), "no".into());
        assert_eq!(promises(&nodes, HotAck::Replica)[0].verdict, Verdict::Warning);
    }

    #[test]
    fn what_may_not_be_asked_is_no_failure() {
        let mut nodes = cluster();
        (nodes[0].append_only, nodes[0].eviction) = (None, None);
        let found = promises(&nodes, HotAck::Replica);
        assert!(found.iter().all(|finding| finding.verdict != Verdict::Wrong), "{found:?}");
    }
}
