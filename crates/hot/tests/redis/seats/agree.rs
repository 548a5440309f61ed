//! The same histories on the rules, a single node, a cluster, and Valkey.

use super::support::open;
use hot::conformance::Histories;
use hot::conformance::seat as conformance;
use hot::redis::{Ack, RedisSeats};
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{Flavor, Kit, RedisNode};

/// goals.md, Safety: 2,000 histories of 100 steps each commit. All targets together play as many; an engine is opened anew once
/// in so many restarts, for that takes longer than the history.
const HISTORIES_SINGLE: u32 = 1_700;
const HISTORIES_CLUSTER: u32 = 200;
const HISTORIES_VALKEY: u32 = 100;
const STEPS: usize = 100;
const REOPENED_ONE_IN: u32 = 50;
const PEOPLE: usize = 1_000;

async fn agree(url: &str, ack: Ack, histories: Histories, fresh: impl Fn()) {
    let seats = open(url, ack).await;
    let restarts = AtomicU32::new(0);
    let restart = |engine: RedisSeats| async {
        if restarts.fetch_add(1, Ordering::Relaxed).is_multiple_of(REOPENED_ONE_IN) {
            open(url, ack).await
        } else {
            engine
        }
    };
    let make = || async {
        fresh();
        seats.clone()
    };
    conformance::run(histories, make, restart).await;
}

#[test]
fn random_histories_rules_and_a_single_redis_agree() {
    let kit = Kit::temporary().expect("a folder");
    crate::in_shares(Histories::new(HISTORIES_SINGLE, STEPS), async |histories| {
        let redis = RedisNode::start(&kit, Flavor::Redis).expect("Redis");
        // Each history reads the list of all schedules.
        let flush = || redis.tell(&["FLUSHALL"]).expect("flushed");
        agree(&redis.url(), Ack::None, histories, flush).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_rules_and_a_redis_cluster_agree() {
    let redis = testkit::shared().redis_cluster().expect("Redis Cluster");
    agree(&redis.url(), Ack::Replica, Histories::new(HISTORIES_CLUSTER, STEPS), || {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_rules_and_valkey_agree() {
    let valkey = testkit::shared().valkey().expect("Valkey");
    agree(&valkey.url(), Ack::None, Histories::new(HISTORIES_VALKEY, STEPS), || {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_on_one_seat_at_several_servers_gets_one_hold() {
    let Some(redis) = testkit::available(testkit::shared().redis_cluster()) else { return };
    let mut doors = Vec::new();
    for _ in 0..3 {
        doors.push(open(&redis.url(), Ack::Replica).await);
    }
    conformance::run_crowd(doors, PEOPLE).await;
}
