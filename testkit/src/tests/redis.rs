//! Redis and Valkey: start, answer, die, come back, heal.

use crate::{Flavor, Kit, RedisCluster, RedisNode, available, until};
use std::path::PathBuf;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// A server of its own.
fn node(flavor: Flavor) -> Option<(Kit, RedisNode)> {
    let kit = available(Kit::temporary())?;
    let node = available(RedisNode::start(&kit, flavor))?;
    Some((kit, node))
}

fn keeps_what_it_wrote(flavor: Flavor) {
    let Some((_kit, node)) = node(flavor) else { return };
    assert_eq!(node.url(), format!("redis://127.0.0.1:{}", node.port()));
    node.tell(&["SET", "k", "kept"]).expect("SET");
    // Written by the server, if not yet flushed by the kernel: that is enough for SIGKILL.
    node.kill().expect("killed");
    assert_eq!(node.pid(), None);
    node.ask(&["PING"]).expect_err("it does not run");
    node.restart().expect("starts");
    assert_eq!(node.ask(&["GET", "k"]).expect("GET"), "kept");
    node.restart_empty().expect("starts");
    node.ask(&["GET", "k"]).expect_err("nothing is there");
}

#[test]
fn redis_keeps_what_it_wrote() {
    keeps_what_it_wrote(Flavor::Redis);
}

#[test]
fn valkey_keeps_what_it_wrote() {
    keeps_what_it_wrote(Flavor::Valkey);
}

#[test]
fn a_stalled_server_answers_after_it_is_resumed() {
    let Some((_kit, node)) = node(Flavor::Redis) else { return };
    node.stall().expect("stalled");
    node.ask(&["PING"]).expect_err("it does nothing");
    assert!(node.pid().is_some());
    node.resume().expect("resumed");
    until("an answer", LIMIT, || node.ask(&["PING"]).map_err(|error| error.to_string())).expect("it answers");
}

#[test]
fn nothing_is_left_after_the_kit() {
    let Some((kit, node)) = node(Flavor::Redis) else { return };
    let folder = kit.folder().to_owned();
    let process = PathBuf::from(format!("/proc/{}", node.pid().expect("it runs")));
    let uid = std::fs::read_to_string(process.join("status")).expect("it runs");
    let uid = uid.lines().find_map(|line| line.strip_prefix("Uid:\t0\t")).map(str::to_owned);
    assert_eq!(uid, None, "it runs as root");
    drop((kit, node));
    assert!(!process.exists() && !folder.exists());
}

fn heals(flavor: Flavor) {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(cluster) = available(RedisCluster::start(&kit, flavor)) else { return };
    assert_eq!(cluster.nodes().len(), 6);
    assert!(cluster.url().starts_with("redis+cluster://127.0.0.1:"));
    let master = cluster.master_of(0).expect("slot 0 is served");
    let replica = cluster.replica_of(master).expect("it has a replica");
    // "b" is in slot 3,300, the first master's.
    cluster.nodes()[master].tell(&["SET", "b", "kept"]).expect("SET");
    until("the replica's copy", LIMIT, || {
        let keys = cluster.nodes()[replica].ask(&["INFO", "keyspace"]).map_err(|error| error.to_string())?;
        if keys.contains("db0:keys=1") { Ok(()) } else { Err(keys) }
    })
    .expect("it is copied");
    cluster.nodes()[master].kill().expect("killed");
    assert_eq!(cluster.master_of(0).expect("a new master"), replica);
    cluster.nodes()[master].restart().expect("starts");
    cluster.wait_until_ready().expect("whole again");
    assert_eq!(cluster.replica_of(replica).expect("the old master follows"), master);
    assert_eq!(cluster.nodes()[replica].ask(&["GET", "b"]).expect("GET"), "kept");
}

#[test]
fn a_redis_cluster_heals() {
    heals(Flavor::Redis);
}

#[test]
fn a_valkey_cluster_heals() {
    heals(Flavor::Valkey);
}
