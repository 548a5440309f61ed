//! Checks of Redis beyond [`super::redis_promises`].

use super::clocks::Clock;
use super::finding::{Finding, numbers};
use super::redis_promises::{known, named, promises, typed};
use crate::config::{Config, HotAck};
use crate::wiring::Trust;
use hot::redis::{NodeSurvey, RedisAddress, survey};

/// The oldest supported version: the scripts use functions that it introduced, such as `redis.acl_check_cmd`.
const REDIS_MIN: [u32; 2] = [7, 0];
const VALKEY_MIN: [u32; 2] = [7, 2];
const SLOTS: u32 = 16_384;
/// Percent of `maxmemory`; above it Redis may refuse writes during an event.
const MEMORY_PERCENT_MAX: u64 = 80;

/// Runs all checks of Redis, and reads the clocks of its nodes.
pub(super) async fn examine(config: &Config, address: &RedisAddress) -> (Vec<Finding>, Vec<Clock>) {
    let nodes = match survey(address).await {
        Ok(nodes) => nodes,
        Err(error) => {
            let change = Trust::Hot.change(&error.to_string());
            let away = || "start Redis, or set hot.url (user and password go before the @)".to_owned();
            return (vec![Finding::wrong("redis-nodes", error.to_string(), change.unwrap_or_else(away))], Vec::new());
        }
    };
    let clock =
        |node: &NodeSurvey| Some(Clock { server: format!("redis {}", node.address), ahead_ms: node.clock_ahead_ms? });
    (judge(config, &nodes), known(&nodes).filter_map(clock).collect())
}

fn judge(config: &Config, nodes: &[NodeSurvey]) -> Vec<Finding> {
    let mut findings = vec![reachable(nodes), version(nodes)];
    findings.extend(promises(nodes, config.hot.ack));
    findings.push(writes(nodes));
    findings.push(minority(nodes, config.hot.ack));
    findings.extend(cluster(nodes));
    findings.push(memory(nodes));
    findings.push(rights(nodes));
    if config.hot.allow_unsafe {
        let detail = "hot.allow_unsafe = true: the server starts even if Redis cannot keep its guarantees";
        findings.push(Finding::warning("redis-unsafe", detail, "set hot.allow_unsafe = false"));
    }
    findings
}

fn reachable(nodes: &[NodeSurvey]) -> Finding {
    let away = |node: &NodeSurvey| Some(format!("{}: {}", node.address, node.unreachable.as_ref()?));
    let away: Vec<String> = nodes.iter().filter_map(away).collect();
    if away.is_empty() {
        let masters = nodes.iter().filter(|node| node.decides).count();
        return Finding::ok(
            "redis-nodes",
            format!("{} nodes answer, {masters} of them are masters with slots", nodes.len()),
        );
    }
    let change = Trust::Hot.change(&away.join("; "));
    let gone = || "start the node, or remove it: redis-cli -p PORT CLUSTER FORGET ID".to_owned();
    Finding::wrong("redis-nodes", away.join("; "), change.unwrap_or_else(gone))
}

/// A node may answer every question and refuse every decision.
fn writes(nodes: &[NodeSurvey]) -> Finding {
    let refusing = |node: &NodeSurvey| Some(format!("{}: {}", node.address, node.write_refused.as_ref()?));
    let refusing: Vec<String> = known(nodes).filter_map(refusing).collect();
    if refusing.is_empty() {
        return Finding::ok("redis-writes", "every master takes writes");
    }
    let change = "see the log of the node: a full disk or memory, a snapshot that failed, or a replica that is away";
    Finding::wrong("redis-writes", refusing.join("; "), change)
}

fn version(nodes: &[NodeSurvey]) -> Finding {
    let is_old = |node: &&NodeSurvey| {
        let least = if node.is_valkey { VALKEY_MIN } else { REDIS_MIN };
        !node.version.is_empty() && numbers(&node.version) < least.to_vec()
    };
    let old: Vec<_> = known(nodes).filter(is_old).collect();
    if let Some(first) = old.first() {
        let detail = format!("{}: version {}", named(&old), first.version);
        return Finding::wrong("redis-version", detail, "install Redis 7.0 or later, or Valkey 7.2 or later");
    }
    let mut versions: Vec<String> = known(nodes)
        .filter(|node| !node.version.is_empty())
        .map(|node| format!("{} {}", if node.is_valkey { "Valkey" } else { "Redis" }, node.version))
        .collect();
    versions.sort();
    versions.dedup();
    match versions.as_slice() {
        [] => Finding::warning("redis-version", "the user may not read the version", "see redis-rights"),
        versions => Finding::ok("redis-version", versions.join(", ")),
    }
}

/// A master that is cut off from the majority keeps accepting writes that the new master never receives.
fn minority(nodes: &[NodeSurvey], ack: HotAck) -> Finding {
    let name = "redis-minority";
    let wanted = |node: &NodeSurvey| node.settings.get("min-replicas-to-write")?.parse::<u32>().ok();
    let deciding = || known(nodes).filter(|node| node.decides);
    let stuck: Vec<_> = deciding().filter(|node| wanted(node).is_some_and(|least| least > node.replicas)).collect();
    if !stuck.is_empty() {
        let detail = format!("{}: min-replicas-to-write asks for more replicas than there are", named(&stuck));
        let change = typed(&stuck, "CONFIG SET min-replicas-to-write 1");
        return Finding::wrong(name, detail, format!("{change}, or add replicas"));
    }
    let open: Vec<_> = deciding().filter(|node| wanted(node) == Some(0) && node.replicas > 0).collect();
    if !open.is_empty() && ack != HotAck::None {
        let detail = format!(
            "{}: min-replicas-to-write is 0: an old master in a minority keeps accepting writes that are lost",
            named(&open)
        );
        let change = typed(&open, "CONFIG SET min-replicas-to-write 1");
        return Finding::warning(name, detail, format!("{change}, and \"min-replicas-to-write 1\" in redis.conf"));
    }
    if deciding().any(|node| wanted(node).is_none()) {
        return Finding::warning(name, "the user may not read min-replicas-to-write", "see redis-rights");
    }
    Finding::ok(name, "a master without its replicas refuses writes, or no replica is expected")
}

/// Returns `None` for a single server.
fn cluster(nodes: &[NodeSurvey]) -> Option<Finding> {
    let name = "redis-cluster";
    let members: Vec<_> = known(nodes).filter(|node| node.cluster_state.is_some()).collect();
    members.first()?;
    let is_broken =
        |node: &&&NodeSurvey| node.cluster_state.as_deref() != Some("ok") || node.cluster_slots_ok != Some(SLOTS);
    let broken: Vec<_> = members.iter().filter(is_broken).copied().collect();
    if let Some(first) = broken.first() {
        let detail = format!(
            "{} reports cluster_state {}, {} of {SLOTS} slots ok",
            first.address,
            first.cluster_state.as_deref().unwrap_or_default(),
            first.cluster_slots_ok.unwrap_or_default()
        );
        return Some(Finding::wrong(name, detail, format!("redis-cli --cluster fix {}", first.address)));
    }
    let whole = |node: &&&NodeSurvey| node.settings.get("cluster-require-full-coverage").is_some_and(|it| it == "yes");
    let whole: Vec<_> = members.iter().filter(whole).copied().collect();
    if !whole.is_empty() {
        let detail =
            "cluster-require-full-coverage is \"yes\": the loss of one shard stops the campaigns of all shards";
        let change = typed(&whole, "CONFIG SET cluster-require-full-coverage no");
        return Some(Finding::warning(name, detail, change));
    }
    Some(Finding::ok(name, format!("every node reports {SLOTS} slots ok")))
}

fn memory(nodes: &[NodeSurvey]) -> Finding {
    let name = "redis-memory";
    let is_full = |node: &&NodeSurvey| {
        node.memory_max_bytes > 0 && node.memory_used_bytes * 100 > node.memory_max_bytes * MEMORY_PERCENT_MAX
    };
    let full: Vec<_> = known(nodes).filter(is_full).collect();
    if full.is_empty() {
        let most = known(nodes).map(|node| node.memory_used_bytes).max().unwrap_or_default();
        return Finding::ok(name, format!("at most {} MiB in use on a node", most >> 20));
    }
    let detail = format!(
        "{}: more than {MEMORY_PERCENT_MAX} % of maxmemory in use; Redis refuses writes when it is full",
        named(&full)
    );
    Finding::warning(name, detail, typed(&full, "CONFIG SET maxmemory BYTES"))
}

fn rights(nodes: &[NodeSurvey]) -> Finding {
    let name = "redis-rights";
    let gather = |of: fn(&NodeSurvey) -> &Vec<String>| {
        let mut all: Vec<String> = known(nodes).flat_map(|node| of(node).iter().cloned()).collect();
        all.sort();
        all.dedup();
        all.join(" ")
    };
    let (lacks, refused) = (gather(|node| &node.lacks), gather(|node| &node.refused));
    let user = known(nodes).map(|node| node.user.as_str()).find(|user| !user.is_empty()).unwrap_or("USER");
    let line =
        |rights: &str| format!("ACL SETUSER {user} {rights}   (on every node, and in its users.acl or redis.conf)");
    if !lacks.is_empty() {
        return Finding::wrong(name, format!("the user {user} lacks what the program needs: {lacks}"), line(&lacks));
    }
    if !refused.is_empty() {
        let detail = format!("the user {user} has the rights for serving, but not for these checks: {refused}");
        return Finding::warning(name, detail, line(&refused));
    }
    Finding::ok(name, "the user may use every command and key that the server needs")
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::finding::Severity;
    use super::*;

    /// Six nodes that pass every check.
    pub(in crate::commands::doctor) fn cluster() -> Vec<NodeSurvey> {
        let settings = [("appendfsync", "everysec"), ("min-replicas-to-write", "1")];
        let node = |number: u32| NodeSurvey {
            address: format!("10.0.0.{number}:6379"),
            version: "7.0.15".into(),
            role: if number < 3 { "master" } else { "slave" }.into(),
            decides: number < 3,
            replicas: u32::from(number < 3),
            link_is_up: number >= 3,
            append_only: Some(true),
            append_is_well: true,
            eviction: Some("noeviction".into()),
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            clock_ahead_ms: Some(1),
            cluster_state: Some("ok".into()),
            cluster_slots_ok: Some(SLOTS),
            ..NodeSurvey::default()
        };
        (0..6).map(node).collect()
    }

    #[test]
    fn old_versions_are_refused_and_valkey_has_its_own_numbers() {
        let mut nodes = cluster();
        assert_eq!(version(&nodes).severity, Severity::Ok);
        nodes[2].version = "6.2.14".into();
        let found = version(&nodes);
        assert_eq!((found.severity, found.detail.as_str()), (Severity::Wrong, "10.0.0.2:6379: version 6.2.14"));
        (nodes[2].version, nodes[2].is_valkey) = ("7.2.4".into(), true);
        assert_eq!(version(&nodes).severity, Severity::Ok);
        nodes[2].version = "7.0.0".into();
        assert_eq!(version(&nodes).severity, Severity::Wrong);
    }

    #[test]
    fn a_master_that_refuses_writes_is_wrong() {
        let mut nodes = cluster();
        assert_eq!(writes(&nodes).severity, Severity::Ok);
        nodes[1].write_refused = Some("MISCONF the last snapshot failed".into());
        let found = writes(&nodes);
        assert_eq!(found.severity, Severity::Wrong);
        assert!(found.detail.contains("10.0.0.1:6379") && found.detail.contains("MISCONF"), "{found:?}");
    }

    #[test]
    fn memory_that_is_nearly_full_is_reported() {
        let mut nodes = cluster();
        (nodes[1].memory_max_bytes, nodes[1].memory_used_bytes) = (1_000, 800);
        assert_eq!(memory(&nodes).severity, Severity::Ok);
        nodes[1].memory_used_bytes = 811;
        assert_eq!(memory(&nodes).severity, Severity::Warning);
    }

    #[test]
    fn a_cluster_with_lost_slots_is_wrong_even_if_its_state_is_ok() {
        let mut nodes = cluster();
        assert_eq!(super::cluster(&nodes).expect("a cluster").severity, Severity::Ok);
        nodes[4].cluster_slots_ok = Some(10_923);
        assert_eq!(super::cluster(&nodes).expect("a cluster").severity, Severity::Wrong);
        nodes.iter_mut().for_each(|node| node.cluster_state = None);
        assert_eq!(super::cluster(&nodes), None);
    }
}
