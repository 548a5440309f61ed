//! A Redis that answers questions and takes no writes is not well. The kind: whatever refuses writes and not reads, and
//! whatever a shard lacks.

use hot::redis::{RedisAddress, RedisConnections, survey};
use std::time::{Duration, Instant};
use testkit::{Flavor, Kit, RedisNode};

const PATIENCE: Duration = Duration::from_secs(60);

async fn until(connections: &RedisConnections, what: &str, is_down: bool) -> String {
    let begun = Instant::now();
    loop {
        let down = connections.health(false).down;
        if down.is_some() == is_down {
            return down.unwrap_or_default();
        }
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}: {down:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_takes_no_writes_is_down_until_it_does() {
    let kit = Kit::temporary().expect("a folder");
    let Some(redis) = testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let connections = crate::connect(&redis.url()).await;
    let address = RedisAddress::parse(&redis.url()).expect("an address");
    let doctor = async || survey(&address).await.expect("asked")[0].write_refused.clone();
    until(&connections, "well at first", false).await;
    assert_eq!(doctor().await, None);
    let used = redis.ask(&["INFO", "memory"]).expect("asked");
    assert!(used.contains("used_memory"), "reads are answered");
    for (setting, refusing, well, words) in
        [("min-replicas-to-write", "1", "0", "NOREPLICAS"), ("maxmemory", "1", "0", "OOM")]
    {
        redis.tell(&["CONFIG", "SET", setting, refusing]).expect("set");
        let why = until(&connections, setting, true).await;
        assert!(why.contains(&redis.address()), "named with its address: {why}");
        let found = doctor().await.unwrap_or_default();
        assert!(found.contains(words) || found.contains("replicas") || found.contains("memory"), "{setting}: {found}");
        redis.ask(&["PING"]).expect("and yet it answers");
        redis.tell(&["CONFIG", "SET", setting, well]).expect("set");
        until(&connections, "well again", false).await;
    }
    let warnings = connections.health(true).warnings;
    assert!(warnings.iter().any(|warning| warning.contains("waits for a replica")), "{warnings:?}");
    redis.kill().expect("killed");
    let begun = Instant::now();
    loop {
        // At first the connection is lost, and then the next one is refused.
        let why = until(&connections, "gone is down", true).await;
        assert!(why.contains(&redis.address()), "named with its address: {why}");
        if why.contains("refused") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{why}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    redis.restart().expect("starts again");
    until(&connections, "well after its restart", false).await;
}

/// A user of Redis whose rights were taken away one by one: whatever a decision needs is missing, and the value that the
/// look writes is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_lacks_a_right_to_decide_is_down_until_it_has_it() {
    let kit = Kit::temporary().expect("a folder");
    let Some(redis) = testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let connections = crate::connect(&redis.url()).await;
    until(&connections, "well at first", false).await;
    for (taken, given) in [("-hset", "+hset"), ("-xadd", "+xadd"), ("-evalsha", "+evalsha"), ("-@write", "+@write")] {
        redis.tell(&["ACL", "SETUSER", "default", taken]).expect("taken");
        let why = until(&connections, taken, true).await;
        assert!(why.contains(&redis.address()), "named with its address: {why}");
        redis.tell(&["ACL", "SETUSER", "default", given]).expect("given");
        until(&connections, "well again", false).await;
    }
}
