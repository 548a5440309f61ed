//! The guarantees that Redis must be able to keep. `doctor` reports them; `serve` does not start without them.

use super::finding::{Finding, Severity};
use crate::config::{Config, HotAck};
use anyhow::bail;
use hot::redis::{NodeSurvey, RedisAddress, survey};
use std::time::{Duration, Instant};

/// How long `serve` waits for replicas: a cluster regains its replica within this time after a failover.
const REPLICA_WAIT: Duration = Duration::from_secs(30);
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The nodes that answered.
pub(super) fn known(nodes: &[NodeSurvey]) -> impl Iterator<Item = &NodeSurvey> {
    nodes.iter().filter(|node| node.unreachable.is_none())
}

/// The addresses of the nodes, for a message.
pub(super) fn named(nodes: &[&NodeSurvey]) -> String {
    nodes.iter().map(|node| node.address.as_str()).collect::<Vec<_>>().join(", ")
}

/// The command line for the first of these nodes.
pub(super) fn typed(nodes: &[&NodeSurvey], command: &str) -> String {
    let (host, port) = nodes.first().and_then(|node| node.address.rsplit_once(':')).unwrap_or_default();
    let each = if nodes.len() > 1 { " (and on each other node)" } else { "" };
    format!("redis-cli -h {host} -p {port} {command}{each}")
}

/// The checks that keep confirmed coupons from being lost.
pub(super) fn promises(nodes: &[NodeSurvey], ack: HotAck) -> Vec<Finding> {
    vec![append_only(nodes), eviction(nodes), replica(nodes, ack)]
}

fn append_only(nodes: &[NodeSurvey]) -> Finding {
    let name = "redis-appendonly";
    let those = |wanted: &dyn Fn(&NodeSurvey) -> bool| known(nodes).filter(|node| wanted(node)).collect::<Vec<_>>();
    let without = those(&|node| node.append_only == Some(false));
    if !without.is_empty() {
        let detail = format!(
            "{}: no append-only file: after a restart the node is empty, and so is its replica",
            named(&without)
        );
        let change = format!("{}, and \"appendonly yes\" in redis.conf", typed(&without, "CONFIG SET appendonly yes"));
        return Finding::wrong(name, detail, change);
    }
    let failing = those(&|node| node.append_only == Some(true) && !node.append_is_well);
    if !failing.is_empty() {
        let detail = format!("{}: the append-only file cannot be written", named(&failing));
        return Finding::wrong(name, detail, "free disk space on the node, and see its log");
    }
    let unflushed = those(&|node| node.settings.get("appendfsync").is_some_and(|policy| policy == "no"));
    if !unflushed.is_empty() {
        let detail =
            format!("{}: appendfsync is \"no\": a power failure loses about 30 seconds of writes", named(&unflushed));
        let command = typed(&unflushed, "CONFIG SET appendfsync everysec");
        return Finding::warning(name, detail, format!("{command}, and \"appendfsync everysec\" in redis.conf"));
    }
    if those(&|node| node.append_only.is_none()).is_empty() {
        return Finding::ok(name, "every node keeps an append-only file");
    }
    Finding::warning(name, "the user may not read this setting", "see redis-rights")
}

fn eviction(nodes: &[NodeSurvey]) -> Finding {
    let name = "redis-eviction";
    let evicts =
        |node: &&NodeSurvey| node.memory_max_bytes > 0 && node.eviction.as_deref().is_some_and(|it| it != "noeviction");
    let evicting: Vec<_> = known(nodes).filter(evicts).collect();
    if let Some(first) = evicting.first() {
        let detail = format!(
            "{}: maxmemory-policy is \"{}\": when memory is full, Redis deletes issued coupons",
            named(&evicting),
            first.eviction.as_deref().unwrap_or_default()
        );
        let command = typed(&evicting, "CONFIG SET maxmemory-policy noeviction");
        return Finding::wrong(name, detail, format!("{command}, and \"maxmemory-policy noeviction\" in redis.conf"));
    }
    if known(nodes).any(|node| node.eviction.is_none()) {
        return Finding::warning(name, "the user may not read this setting", "see redis-rights");
    }
    Finding::ok(name, "no key is evicted when memory is full")
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
            format!("{}: no replica: the loss of the node loses its coupons", named(&alone)),
            give,
        );
    }
    let what = if alone.len() == known(nodes).count() {
        "no replica, but hot.ack waits for one: no coupon could be confirmed"
    } else {
        "no replica whose link is up, but hot.ack waits for one: its campaigns could issue no coupon"
    };
    let or = "or, if a failover may lose confirmed coupons, set hot.ack = \"none\"";
    Finding::wrong(name, format!("{}: {what}", named(&alone)), format!("{give}; {or}"))
}

fn links(nodes: &[NodeSurvey]) -> Finding {
    let name = "redis-replica";
    let down: Vec<_> = known(nodes).filter(|node| node.role == "slave" && !node.link_is_up).collect();
    if down.is_empty() {
        return Finding::ok(name, "every master has a replica whose link is up");
    }
    let detail = format!("{}: the link to its master is down; another replica serves meanwhile", named(&down));
    Finding::warning(name, detail, "see the log of the replica, and set masterauth if Redis has a password")
}

/// Whether the finding may go away without a change: replicas reconnect, settings stay.
fn may_pass(finding: &Finding, address: &RedisAddress) -> bool {
    finding.name == "redis-replica" && address.is_cluster()
}

/// Refuses a Redis that cannot keep the guarantees of `serve`. An unreachable Redis passes: connecting reports it.
///
/// # Errors
/// Each failed check with the change to make.
pub async fn demand(config: &Config, address: &RedisAddress) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let Ok(nodes) = survey(address).await else { return Ok(()) };
        let mut broken = promises(&nodes, config.hot.ack);
        broken.retain(|finding| finding.severity == Severity::Wrong);
        if broken.is_empty() {
            return Ok(());
        }
        let text = describe(&broken);
        if config.hot.allow_unsafe {
            tracing::warn!("Redis cannot keep its guarantees; serving because of hot.allow_unsafe: {text}");
            return Ok(());
        }
        if !broken.iter().all(|finding| may_pass(finding, address)) || begun.elapsed() >= REPLICA_WAIT {
            bail!("Redis cannot keep its guarantees\n{text}\nTo start anyway, set hot.allow_unsafe = true");
        }
        tracing::warn!("waiting for Redis: {text}");
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

fn describe(broken: &[Finding]) -> String {
    let line = |finding: &Finding| {
        format!("{}: {}\n  change: {}", finding.name, finding.detail, finding.change.as_deref().unwrap_or_default())
    };
    broken.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::redis::tests::cluster;
    use super::*;

    #[test]
    fn a_missing_replica_may_pass_but_a_setting_does_not() {
        let both = RedisAddress::parse("redis+cluster://a:1,b:2").expect("an address");
        let single = RedisAddress::parse("redis://a:1").expect("an address");
        let (replica, append) = (Finding::wrong("redis-replica", "", ""), Finding::wrong("redis-appendonly", "", ""));
        assert!(may_pass(&replica, &both) && !may_pass(&replica, &single) && !may_pass(&append, &both));
    }

    #[test]
    fn a_failing_append_only_file_and_a_broken_link_are_reported() {
        let mut nodes = cluster();
        nodes[4].append_is_well = false;
        nodes[5].link_is_up = false;
        let found = promises(&nodes, HotAck::Replica);
        assert_eq!((found[0].severity, found[2].severity), (Severity::Wrong, Severity::Warning), "{found:?}");
        nodes[4].append_is_well = true;
        nodes[4].settings.insert("appendfsync".into(), "no".into());
        assert_eq!(promises(&nodes, HotAck::Replica)[0].severity, Severity::Warning);
    }

    #[test]
    fn a_setting_that_cannot_be_read_is_only_a_warning() {
        let mut nodes = cluster();
        (nodes[0].append_only, nodes[0].eviction) = (None, None);
        let found = promises(&nodes, HotAck::Replica);
        assert!(found.iter().all(|finding| finding.severity != Severity::Wrong), "{found:?}");
    }
}
