//! `onsale serve` refuses a Redis that cannot keep its guarantees.

use std::process::Stdio;
use testkit::onsale::{PATIENCE, Server, onsale};
use testkit::{Flavor, Kit, RedisNode, available, shared};

/// Asserts that the start is refused, and returns the message.
pub fn refused(environment: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = onsale(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    command.envs(environment.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let ended = || child.try_wait().expect("ours to wait for").ok_or_else(|| "it serves".to_owned());
    let ended = testkit::until("the start is refused", PATIENCE, ended);
    let _ = child.kill();
    let output = child.wait_with_output().expect("reads");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(ended.expect("refused").code(), Some(1), "{said}");
    said
}

/// Asserts that the start succeeds.
pub fn serves(environment: &[(&str, &str)]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(folder.path(), environment);
    assert_eq!(server.client().issue("ann", "sample_event").status, 200);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn a_redis_that_would_lose_coupons_is_refused_unless_told_so() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(node) = available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let url = node.url();
    let set = |setting: &str, value: &str| node.tell(&["CONFIG", "SET", setting, value]).expect("set");
    let alone = [("ONSALE__HOT__URL", url.as_str()), ("ONSALE__HOT__ACK", "none")];

    serves(&alone);
    set("appendonly", "no");
    let said = refused(&alone);
    for word in ["redis-appendonly", "CONFIG SET appendonly yes", "hot.allow_unsafe = true"] {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
    serves(&[alone[0], alone[1], ("ONSALE__HOT__ALLOW_UNSAFE", "true")]);
    set("appendonly", "yes");

    set("maxmemory", "100mb");
    set("maxmemory-policy", "allkeys-random");
    assert!(refused(&alone).contains("CONFIG SET maxmemory-policy noeviction"));
    set("maxmemory", "0");
    serves(&alone);

    let said = refused(&[alone[0], ("ONSALE__HOT__ACK", "replica")]);
    assert!(said.contains("no coupon could be confirmed") && said.contains("hot.ack = \"none\""), "{said}");
}

#[test]
fn six_nodes_are_served_from() {
    let Some(cluster) = available(shared().redis_cluster()) else { return };
    serves(&[("ONSALE__HOT__URL", &cluster.url()), ("ONSALE__HOT__ACK", "replica")]);
}
