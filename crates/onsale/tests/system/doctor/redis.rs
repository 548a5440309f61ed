//! Redis with settings that break guarantees.

use crate::doctor::patient::Patient;
use testkit::{Flavor, Kit, RedisCluster, RedisNode, available, shared};

/// A Redis server of this test, which it may misconfigure.
fn own() -> Option<(Kit, RedisNode)> {
    let kit = available(Kit::temporary())?;
    let node = available(RedisNode::start(&kit, Flavor::Redis))?;
    Some((kit, node))
}

fn set(node: &RedisNode, setting: &str, value: &str) {
    node.tell(&["CONFIG", "SET", setting, value]).expect("set");
}

#[test]
fn six_nodes_keep_what_is_promised() {
    let Some(cluster) = available(shared().redis_cluster()) else { return };
    let report = Patient::on_redis(&cluster.url(), "replica").ask(&[]);
    report.is_well();
    report.says("redis-nodes", "ok", "6 nodes answer, 3 of them are masters with slots", "");
    report.is_ok(&["redis-version", "redis-appendonly", "redis-eviction", "redis-replica", "redis-cluster"]);
    report.is_ok(&["redis-memory", "redis-rights", "clocks", "acknowledgement"]);
    // The fault tests stall replicas, and there the program, not Redis, must refuse.
    report.says("redis-minority", "warn", "an old master in a minority", "CONFIG SET min-replicas-to-write 1");
}

#[test]
fn valkey_too() {
    let Some(cluster) = available(shared().valkey_cluster()) else { return };
    let report = Patient::on_redis(&cluster.url(), "replica").ask(&[]);
    report.is_well();
    report.says("redis-version", "ok", "Valkey", "");
    report.is_ok(&["redis-appendonly", "redis-eviction", "redis-replica", "redis-cluster", "redis-rights"]);
}

#[test]
fn a_server_without_replicas_cannot_confirm() {
    let Some(node) = available(shared().redis()) else { return };
    let report = Patient::on_redis(&node.url(), "replica").ask(&[]);
    report.says("redis-replica", "wrong", "no coupon could be confirmed", "hot.ack = \"none\"");
    let report = Patient::on_redis(&node.url(), "replica").ask(&["--allow", "redis-replica"]);
    report.is_well();
    let report = Patient::on_redis(&node.url(), "none").ask(&[]);
    report.is_well();
    report.says("redis-replica", "warn", "no replica", "replicaof");
    report.says("acknowledgement", "warn", "may lose confirmed coupons", "hot.ack = \"replica\"");
    report.is_ok(&["redis-minority"]);
    assert!(report.check("redis-cluster").is_none());
}

#[test]
fn settings_that_lose_coupons_are_refused_with_the_line_to_change() {
    let Some((_kit, node)) = own() else { return };
    let patient = Patient::on_redis(&node.url(), "none");
    let report = || patient.ask(&[]);
    let port = format!("-p {}", node.port());
    set(&node, "appendonly", "no");
    report().says("redis-appendonly", "wrong", &node.address(), &port);
    report().says(
        "redis-appendonly",
        "wrong",
        "after a restart the node is empty",
        "CONFIG SET appendonly yes, and \"appendonly yes\"",
    );
    set(&node, "appendonly", "yes");
    set(&node, "appendfsync", "no");
    report().says("redis-appendonly", "warn", "appendfsync", "CONFIG SET appendfsync everysec");
    set(&node, "appendfsync", "everysec");
    report().is_ok(&["redis-appendonly"]);

    set(&node, "maxmemory-policy", "allkeys-lru");
    report().is_ok(&["redis-eviction"]);
    set(&node, "maxmemory", "100mb");
    report().says("redis-eviction", "wrong", "allkeys-lru", "CONFIG SET maxmemory-policy noeviction");
    set(&node, "maxmemory-policy", "noeviction");
    report().is_ok(&["redis-eviction", "redis-memory"]);
    set(&node, "maxmemory", "1mb");
    report().says("redis-memory", "warn", "80 %", "CONFIG SET maxmemory");
    set(&node, "maxmemory", "0");

    set(&node, "min-replicas-to-write", "1");
    report().says("redis-minority", "wrong", "more replicas than there are", "CONFIG SET min-replicas-to-write");
    set(&node, "min-replicas-to-write", "0");
    report().is_well();
}

#[test]
fn missing_permissions_are_named() {
    let Some((_kit, node)) = own() else { return };
    let url = format!("redis://app:secret@{}", node.address());
    let patient = Patient::on_redis(&url, "none");
    let allow = |rights: &[&str]| {
        node.tell(&[&["ACL", "SETUSER", "app", "reset", "on", ">secret"], rights].concat()).expect("set");
        patient.ask(&[])
    };
    allow(&["~*", "&*", "+@all"]).is_ok(&["redis-rights"]);
    let few = allow(&["~*", "+@all", "-xadd", "-wait"]);
    few.says("redis-rights", "wrong", "app lacks what the program needs: +wait +xadd", "ACL SETUSER app +wait +xadd");
    let families = "~coupon:* ~gate:* ~queue:* ~line:* ~rate:* ~lease:* ~token:* ~oauth:* ~email:* ~cache:* ~seat:* ~hold_seats:* ~schedule:*";
    for lacking in ["~rate:*", "~coupon:*", "~seat:*"] {
        let rights: Vec<&str> = families.split(' ').filter(|family| *family != lacking).chain(["+@all"]).collect();
        allow(&rights).says("redis-rights", "wrong", lacking, &format!("ACL SETUSER app {lacking}"));
    }
    allow(&["~*", "+@all", "-eval"]).says("redis-rights", "wrong", "+eval", "ACL SETUSER app +eval");
    let commands = "&coupon:* &line:* +@read +@write +@scripting +@connection +wait +time +info +publish +subscribe \
                    +config|get +cluster";
    allow(&families.split(' ').chain(commands.split_ascii_whitespace()).collect::<Vec<_>>()).is_ok(&[
        "redis-rights",
        "redis-minority",
        "clocks",
    ]);
    crate::doctor::serve::serves(&[("ONSALE__HOT__URL", &url), ("ONSALE__HOT__ACK", "none")]);
    let blind = allow(&["~*", "+@all", "-@dangerous"]);
    blind.says("redis-rights", "wrong", "+info", "ACL SETUSER app +info");
    blind.says("redis-appendonly", "warn", "may not read this setting", "redis-rights");
    // These rights are enough for serving, but not for reading the settings.
    let without_config = allow(&["~*", "+@all", "-@dangerous", "+info"]);
    without_config.says("redis-rights", "warn", "not for these checks: +config|get", "ACL SETUSER app +config|get");
    without_config.is_well();
    let wrong_password = Patient::on_redis(&format!("redis://app:guess@{}", node.address()), "none").ask(&[]);
    wrong_password.says("redis-nodes", "wrong", "cannot be reached", "password");
}

#[test]
fn lost_cluster_nodes_are_reported() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(cluster) = available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let patient = Patient::on_redis(&cluster.url(), "replica");
    for node in cluster.nodes() {
        set(node, "cluster-require-full-coverage", "yes");
        set(node, "min-replicas-to-write", "1");
    }
    let report = patient.ask(&[]);
    report.says("redis-cluster", "warn", "stops the campaigns of all shards", "cluster-require-full-coverage no");
    report.is_ok(&["redis-minority", "redis-replica"]);
    for node in cluster.nodes() {
        set(node, "min-replicas-to-write", "0");
    }
    let (master, replica) = (&cluster.nodes()[0], &cluster.nodes()[3]);
    set(&cluster.nodes()[1], "appendonly", "no");
    patient.ask(&[]).says("redis-appendonly", "wrong", &cluster.nodes()[1].address(), "CONFIG SET appendonly yes");
    replica.kill().expect("killed");
    let report = patient.ask(&[]);
    report.says("redis-nodes", "wrong", &replica.address(), "start the node");
    report.says("redis-replica", "wrong", &format!("{}: no replica whose link is up", master.address()), "hot.ack");
    master.kill().expect("killed");
    // The other nodes need some time to mark the master as failed.
    let lost = || {
        let report = patient.ask(&[]);
        let found = report.check("redis-cluster").is_some_and(|check| check["verdict"] == "wrong");
        found.then_some(report).ok_or_else(|| "the check redis-cluster is not wrong yet".to_owned())
    };
    let report = testkit::until("slots are lost", testkit::onsale::PATIENCE, lost).expect("told");
    report.says("redis-cluster", "wrong", "slots ok", "redis-cli --cluster fix");
}
