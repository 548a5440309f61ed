//! The same histories on the rules, a single node, a cluster, and Valkey.

use super::support::{gate, open, open_with, passes, people, queue, rule};
use domain::Timestamp;
use domain::line::{Admits, Line, LineId, LineRule};
use hot::conformance::Histories;
use hot::conformance::line as conformance;
use hot::line::{Clock, LinePort, RuleChange};
use hot::redis::{Ack, LineOptions, RedisLines};
use testkit::{Flavor, Kit, RedisNode};

/// goals.md, Safety: 2,000 histories of 100 steps each commit. All targets together play as many.
const HISTORIES_SINGLE: u32 = 1_700;
const HISTORIES_CLUSTER: u32 = 200;
const HISTORIES_VALKEY: u32 = 100;
const STEPS: usize = 100;

/// So few queue numbers at a time that steps meet a half-done draw.
async fn open_in_parts(url: &str, ack: Ack) -> RedisLines {
    open_with(url, LineOptions { ack, draw_part_max: 2 }).await
}

async fn agree(url: &str, ack: Ack, histories: Histories) {
    let lines = open_in_parts(url, ack).await;
    conformance::run(histories, || async { lines.clone() }).await;
}

#[test]
fn random_histories_rules_and_a_single_redis_agree() {
    let kit = Kit::temporary().expect("a folder");
    crate::in_shares(Histories::new(HISTORIES_SINGLE, STEPS), async |histories| {
        let redis = RedisNode::start(&kit, Flavor::Redis).expect("Redis");
        let lines = open_in_parts(&redis.url(), Ack::None).await;
        let fresh = || async {
            // Each history reads all lines that exist: the lines of earlier ones would slow it down.
            redis.tell(&["FLUSHALL"]).expect("flushed");
            lines.clone()
        };
        conformance::run(histories, fresh).await;
    });
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

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_changes_of_a_rule_are_all_kept() {
    let Some(redis) = testkit::available(testkit::shared().redis_cluster()) else { return };
    let mut doors = Vec::new();
    for _ in 0..3 {
        doors.push(open(&redis.url(), Ack::Replica).await);
    }
    conformance::run_changers(doors).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_and_answers_are_kept_by_a_single_redis_and_a_cluster() {
    for url in
        [testkit::shared().redis().map(|redis| redis.url()), testkit::shared().redis_cluster().map(|redis| redis.url())]
    {
        let Some(url) = testkit::available(url) else { continue };
        conformance::run_calls(&open(&url, Ack::None).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_an_older_version_made_is_changed_as_any_other() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    lines.make_line(&line, rule(10)).await.expect("made");
    let LineId::Gate(campaign) = &line else { panic!("a gate") };
    redis.tell(&["HDEL", &format!("gate:line:{{{campaign}}}"), "draw", "configured_rate"]).expect("deleted");
    assert_eq!(lines.rule(&line).await, Ok(Some(rule(10))));
    let stale = LineRule { revision: 0, ..rule(20) };
    assert_eq!(lines.change_rule(&line, stale).await, Ok(RuleChange::Conflict(rule(10))));
    let changed = LineRule { configured_rate_per_second: Some(20), ..rule(20) };
    let made = LineRule { revision: 2, ..changed.clone() };
    assert_eq!(lines.change_rule(&line, changed).await, Ok(RuleChange::Made(made.clone())));
    assert_eq!(lines.rule(&line).await, Ok(Some(made)));
}

/// Moments at a limit and on each side of it, since random moments seldom fall there.
#[tokio::test(flavor = "multi_thread")]
async fn the_borders_are_those_of_the_rule() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let lines = open(&redis.url(), Ack::None).await;
    let work = Admits::Processing { stale_after_ms: 500, put_back_max: 9 };
    for admits in [Admits::Pass { ttl_ms: 500 }, work] {
        for step in [499, 500, 501, 998, 999, 1_000, 1_001, 1_002, -999, -1_000, -1_001] {
            let line = queue();
            let begun = Timestamp(1_700_000_000_001);
            // Behind the beginning it is not open, where the clock is not set back.
            let opens_at = (step > 0).then_some(begun);
            let rule = LineRule { admits, abandon_after_ms: 500, opens_at, ..rule(2) };
            lines.make_line(&line, rule.clone()).await.expect("put");
            let mut twin = Line::new(rule);
            for now in [begun.millis(), begun.millis() + step, begun.millis() + 2 * step].map(Timestamp) {
                for user in people(&line, [1, 2, now.millis() as u64]) {
                    assert_eq!(
                        lines.enter(vec![user.clone()], Clock::At(now)).await,
                        [Ok(twin.enter(&user.user, now))]
                    );
                }
                let at = format!("{admits:?} {step} {now:?}");
                assert_eq!(lines.put_back(&line, Clock::At(now)).await, Ok(twin.put_back(now)), "{at}");
                let ids = passes(1);
                twin.forget(now);
                let admission = lines.admit(&line, ids.clone(), Clock::At(now)).await.expect("admits");
                assert_eq!(
                    (admission.admitted, admission.next_in_ms),
                    (twin.admit(&ids, now), twin.next_in_ms()),
                    "{at}"
                );
                let counts = lines.counts(&line, 9, Clock::At(now)).await;
                assert_eq!(counts, Ok(Some(twin.counts(9, now))), "{at}");
            }
            // No user has polled since.
            let now = Timestamp(begun.millis() + 2 * step + 500);
            for now in [now, Timestamp(now.millis() + 1)] {
                let ids = passes(9);
                twin.forget(now);
                let admission = lines.admit(&line, ids.clone(), Clock::At(now)).await.expect("admits");
                assert_eq!(admission.admitted, twin.admit(&ids, now), "{admits:?} {step} {now:?}");
                let counts = lines.counts(&line, 9, Clock::At(now)).await;
                assert_eq!(counts, Ok(Some(twin.counts(9, now))), "{admits:?} {step} {now:?}");
            }
        }
    }
}
