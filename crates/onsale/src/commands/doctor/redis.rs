//! Redis, beyond what [`super::promises`] demands.

use super::clocks::Clock;
use super::finding::{Finding, numbers};
use super::promises::{known, named, promises, typed};
use crate::config::{Config, HotAck};
use hot::redis::{NodeSurvey, RedisAddress, survey};

/// The oldest that will do: `redis.acl_check_cmd` and what the scripts use came with it.
const REDIS_MIN: [u32; 2] = [7, 0];
const VALKEY_MIN: [u32; 2] = [7, 2];
const SLOTS: u32 = 16_384;
/// Of `maxmemory`, in percent: beyond it an evening may end in refused writes.
const MEMORY_PERCENT_MAX: u64 = 80;

/// All checks of a Redis, and its nodes' clocks.
pub(super) async fn examine(config: &Config, address: &RedisAddress) -> (Vec<Finding>, Vec<Clock>) {
    let nodes = match survey(address).await {
        Ok(nodes) => nodes,
        Err(error) => {
            let change = "start it, or set hot.url (user and password stand before the @)";
            return (vec![Finding::wrong("redis-nodes", error.to_string(), change)], Vec::new());
        }
    };
    let clock =
        |node: &NodeSurvey| Some(Clock { server: format!("redis {}", node.address), ahead_ms: node.clock_ahead_ms? });
    (judge(config, &nodes), known(&nodes).filter_map(clock).collect())
}

fn judge(config: &Config, nodes: &[NodeSurvey]) -> Vec<Finding> {
    let mut findings = vec![reachable(nodes), version(nodes)];
    findings.extend(promises(nodes, config.hot.ack));
    findings.push(minority(nodes, config.hot.ack));
    findings.extend(cluster(nodes));
    findings.push(memory(nodes));
    findings.push(rights(nodes));
    if config.hot.allow_unsafe {
        let said = "hot.allow_unsafe = true: serve starts with a Redis that can not keep what is promised";
        findings.push(Finding::warning("redis-unsafe", said, "set hot.allow_unsafe = false"));
    }
    findings
}

fn reachable(nodes: &[NodeSurvey]) -> Finding {
    let away = |node: &NodeSurvey| Some(format!("{}: {}", node.address, node.unreachable.as_ref()?));
    let away: Vec<String> = nodes.iter().filter_map(away).collect();
    if away.is_empty() {
        let masters = nodes.iter().filter(|node| node.decides).count();
        return Finding::ok("redis-nodes", format!("{} nodes answer, {masters} of them decide", nodes.len()));
    }
    Finding::wrong("redis-nodes", away.join("; "), "start it, or take it out: redis-cli -p PORT CLUSTER FORGET ID")
}

fn version(nodes: &[NodeSurvey]) -> Finding {
    let is_old = |node: &&NodeSurvey| {
        let least = if node.is_valkey { VALKEY_MIN } else { REDIS_MIN };
        !node.version.is_empty() && numbers(&node.version) < least.to_vec()
    };
    let old: Vec<_> = known(nodes).filter(is_old).collect();
    if let Some(first) = old.first() {
        let said = format!("{}: version {}", named(&old), first.version);
        return Finding::wrong("redis-version", said, "install Redis 7.0 or later, or Valkey 7.2 or later");
    }
    let mut versions: Vec<String> = known(nodes)
        .filter(|node| !node.version.is_empty())
        .map(|node| format!("{} {}", if node.is_valkey { "Valkey" } else { "Redis" }, node.version))
        .collect();
    versions.sort();
    versions.dedup();
    match versions.as_slice() {
        [] => Finding::warning("redis-version", "may not be asked", "see redis-rights"),
        versions => Finding::ok("redis-version", versions.join(", ")),
    }
}

/// A master that is cut off from the rest goes on taking writes which the new master will never hear of.
fn minority(nodes: &[NodeSurvey], ack: HotAck) -> Finding {
    let name = "redis-minority";
    let wanted = |node: &NodeSurvey| node.settings.get("min-replicas-to-write")?.parse::<u32>().ok();
    let deciding = || known(nodes).filter(|node| node.decides);
    let stuck: Vec<_> = deciding().filter(|node| wanted(node).is_some_and(|least| least > node.replicas)).collect();
    if !stuck.is_empty() {
        let said = format!("{}: min-replicas-to-write asks for more replicas than there are", named(&stuck));
        let change = typed(&stuck, "CONFIG SET min-replicas-to-write 1");
        return Finding::wrong(name, said, format!("{change}, or give it the replicas"));
    }
    let open: Vec<_> = deciding().filter(|node| wanted(node) == Some(0) && node.replicas > 0).collect();
    if !open.is_empty() && ack != HotAck::None {
        let said = format!(
            "{}: min-replicas-to-write is 0: an old master in a minority goes on deciding, to nobody's use",
            named(&open)
        );
        let change = typed(&open, "CONFIG SET min-replicas-to-write 1");
        return Finding::warning(name, said, format!("{change}, and \"min-replicas-to-write 1\" in redis.conf"));
    }
    if deciding().any(|node| wanted(node).is_none()) {
        return Finding::warning(name, "min-replicas-to-write may not be asked", "see redis-rights");
    }
    Finding::ok(name, "a master without replicas decides nothing, or has none to wait for")
}

/// None for a single server.
fn cluster(nodes: &[NodeSurvey]) -> Option<Finding> {
    let name = "redis-cluster";
    let members: Vec<_> = known(nodes).filter(|node| node.cluster_state.is_some()).collect();
    members.first()?;
    let is_broken =
        |node: &&&NodeSurvey| node.cluster_state.as_deref() != Some("ok") || node.cluster_slots_ok != Some(SLOTS);
    let broken: Vec<_> = members.iter().filter(is_broken).copied().collect();
    if let Some(first) = broken.first() {
        let said = format!(
            "{} says: cluster_state {}, {} of {SLOTS} slots well",
            first.address,
            first.cluster_state.as_deref().unwrap_or_default(),
            first.cluster_slots_ok.unwrap_or_default()
        );
        return Some(Finding::wrong(name, said, format!("redis-cli --cluster fix {}", first.address)));
    }
    let whole = |node: &&&NodeSurvey| node.settings.get("cluster-require-full-coverage").is_some_and(|it| it == "yes");
    let whole: Vec<_> = members.iter().filter(whole).copied().collect();
    if !whole.is_empty() {
        let said = "cluster-require-full-coverage is \"yes\": one lost shard closes the campaigns of all";
        let change = typed(&whole, "CONFIG SET cluster-require-full-coverage no");
        return Some(Finding::warning(name, said, change));
    }
    Some(Finding::ok(name, format!("every node sees {SLOTS} slots well")))
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
    let said =
        format!("{}: more than {MEMORY_PERCENT_MAX} % of maxmemory in use; then nothing is written", named(&full));
    Finding::warning(name, said, typed(&full, "CONFIG SET maxmemory BYTES"))
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
        let said = format!("the user {user} may serve, but the doctor may not ask: {refused}");
        return Finding::warning(name, said, line(&refused));
    }
    Finding::ok(name, "every command and key that the program needs is allowed")
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::finding::Verdict;
    use super::*;

    /// Six nodes that are as they should be.
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
    fn old_versions_are_refused_and_valkey_counts_its_own() {
        let mut nodes = cluster();
        assert_eq!(version(&nodes).verdict, Verdict::Ok);
        nodes[2].version = "6.2.14".into();
        let found = version(&nodes);
        assert_eq!((found.verdict, found.said.as_str()), (Verdict::Wrong, "10.0.0.2:6379: version 6.2.14"));
        (nodes[2].version, nodes[2].is_valkey) = ("7.2.4".into(), true);
        assert_eq!(version(&nodes).verdict, Verdict::Ok);
        nodes[2].version = "7.0.0".into();
        assert_eq!(version(&nodes).verdict, Verdict::Wrong);
    }

    #[test]
    fn memory_that_is_nearly_full_is_told() {
        let mut nodes = cluster();
        (nodes[1].memory_max_bytes, nodes[1].memory_used_bytes) = (1_000, 800);
        assert_eq!(memory(&nodes).verdict, Verdict::Ok);
        nodes[1].memory_used_bytes = 811;
        assert_eq!(memory(&nodes).verdict, Verdict::Warning);
    }

    #[test]
    fn a_cluster_with_lost_slots_is_told_although_it_calls_itself_well() {
        let mut nodes = cluster();
        assert_eq!(super::cluster(&nodes).expect("a cluster").verdict, Verdict::Ok);
        nodes[4].cluster_slots_ok = Some(10_923);
        assert_eq!(super::cluster(&nodes).expect("a cluster").verdict, Verdict::Wrong);
        nodes.iter_mut().for_each(|node| node.cluster_state = None);
        assert_eq!(super::cluster(&nodes), None);
    }
}
