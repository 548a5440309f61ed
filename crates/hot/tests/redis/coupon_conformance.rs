//! The engine on Redis against the rules: a single node, a cluster, and Valkey.

use hot::conformance::Histories;
use hot::conformance::coupon as conformance;
use hot::redis::{Ack, RedisEngine, RedisOptions};
use std::sync::atomic::{AtomicU32, Ordering};

/// goals.md, Safety: 2,000 histories of 100 steps each commit. All targets together play as many; an
/// engine is opened anew once in so many restarts, for that takes longer than the history.
const HISTORIES_SINGLE: u32 = 2_000;
const HISTORIES_CLUSTER: u32 = 300;
const HISTORIES_VALKEY: u32 = 200;
const STEPS: usize = 100;
const REOPENED_ONE_IN: u32 = 50;

async fn agree(url: &str, ack: Ack, histories: Histories) {
    let open = || async {
        let options = RedisOptions { ack, ..RedisOptions::default() };
        crate::open(url, options).await
    };
    let restarts = AtomicU32::new(0);
    let restart = |engine: RedisEngine| async {
        if restarts.fetch_add(1, Ordering::Relaxed).is_multiple_of(REOPENED_ONE_IN) { open().await } else { engine }
    };
    conformance::run(histories, open, restart).await;
}

#[test]
fn random_histories_rules_and_a_single_redis_agree() {
    let redis = testkit::shared().redis().expect("Redis");
    let url = redis.url();
    crate::in_shares(Histories::new(HISTORIES_SINGLE, STEPS), async |share| agree(&url, Ack::None, share).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_rules_and_a_redis_cluster_agree() {
    let redis = testkit::shared().redis_cluster().expect("Redis Cluster");
    agree(&redis.url(), Ack::Replica, Histories::new(HISTORIES_CLUSTER, STEPS)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_rules_and_valkey_agree() {
    let valkey = testkit::shared().valkey().expect("Valkey");
    agree(&valkey.url(), Ack::None, Histories::new(HISTORIES_VALKEY, STEPS)).await;
}
