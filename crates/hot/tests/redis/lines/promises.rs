//! Concurrent schedulers, many people at once, passes that other services read, and a Redis that was emptied.

use super::support::{TTL_MS, Tries, gate, open, passes, people, queue, rule, until};
use domain::Timestamp;
use domain::line::{Admits, Admitted, LineId, LineRule, LineStatus, QueueNumber};
use hot::line::{Clock, LinePort, LineUser};
use hot::redis::Ack;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use testkit::{Flavor, Kit, RedisNode};

#[tokio::test(flavor = "multi_thread")]
async fn four_schedulers_at_once_admit_the_rate_and_no_more() {
    const RATE: u32 = 300;
    const PEOPLE: u64 = 1_000;
    let Some(redis) = testkit::available(testkit::shared().redis_cluster()) else { return };
    let line = queue();
    let lines = open(&redis.url(), Ack::Replica).await;
    lines.make_line(&line, rule(RATE)).await.expect("put");
    let admitted = Arc::new(AtomicU64::new(0));
    let mut schedulers = Vec::new();
    for _ in 0..4 {
        let (lines, line, admitted) = (open(&redis.url(), Ack::Replica).await, line.clone(), admitted.clone());
        schedulers.push(tokio::spawn(async move {
            let mut log = Vec::new();
            let tries = Tries::until("all are admitted");
            while admitted.load(Ordering::SeqCst) < PEOPLE {
                let admission = lines.admit(&line, passes(40), Clock::Engine).await.expect("admits");
                assert!(admission.admitted.is_sorted_by_key(|one| one.number), "{admission:?}");
                admitted.fetch_add(admission.admitted.len() as u64, Ordering::SeqCst);
                // The moment of the admission, by the engine's own clock.
                let at = |one: &Admitted| one.pass.expect("a pass").until.millis() - i64::from(TTL_MS);
                log.extend(admission.admitted.iter().map(|one| (at(one), one.number.get())));
                tries.again().await;
            }
            log
        }));
    }
    for part in 0..PEOPLE / 100 {
        for standing in lines.enter(people(&line, part * 100..part * 100 + 100), Clock::Engine).await {
            assert!(matches!(standing, Ok(LineStatus::Waiting { is_new: true, .. })), "{standing:?}");
        }
    }
    let mut log = Vec::new();
    for scheduler in schedulers {
        let own = scheduler.await.expect("runs");
        assert!(own.is_sorted_by_key(|(_, number)| *number), "each scheduler admits in order");
        log.extend(own);
    }
    log.sort_unstable_by_key(|(_, number)| *number);
    assert_eq!(log.iter().map(|(_, number)| *number).collect::<Vec<_>>(), (1..=PEOPLE).collect::<Vec<_>>());
    assert!(log.is_sorted_by_key(|(at, _)| *at), "the order is kept");
    for (last, (at, _)) in log.iter().enumerate() {
        let second = log[..=last].iter().filter(|(before, _)| *before > at - 1_000).count();
        assert!(second <= RATE as usize, "{second} in the second before {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_passes_than_one_run_takes_are_given_out_in_order() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    lines.make_line(&line, rule(1_000_000)).await.expect("put");
    for part in 0..25 {
        lines.enter(people(&line, part * 200..part * 200 + 200), Clock::Engine).await;
    }
    let ids = passes(4_500);
    let admitted = lines.admit(&line, ids.clone(), Clock::Engine).await.expect("admits").admitted;
    assert_eq!(admitted.iter().map(|one| one.number.get()).collect::<Vec<_>>(), (1..=4_500).collect::<Vec<_>>());
    assert_eq!(admitted.iter().filter_map(|one| one.pass).map(|pass| pass.id).collect::<Vec<_>>(), ids);
    let counts = lines.counts(&line, 9, Clock::Engine).await.expect("reads").expect("there");
    assert_eq!((counts.waiting, counts.inside, counts.serving), (500, 4_500, 4_500));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_is_to_be_seen_while_it_lives() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let lines = open(&redis.url(), Ack::None).await;
    for line in [gate(), queue()] {
        lines.make_line(&line, rule(10)).await.expect("put");
        let user = people(&line, 1..=1);
        lines.enter(user.clone(), Clock::Engine).await;
        let pass = lines.admit(&line, passes(1), Clock::Engine).await.expect("admits").admitted[0].pass.expect("one");
        let key = match &line {
            LineId::Gate(campaign) => format!("gate:active:{{{campaign}}}:user-1"),
            LineId::Queue(name) => format!("queue:user-token:{{{name}}}:user-1"),
        };
        // It is published with the next admission.
        let shown = Some(format!("qr_{}", pass.id));
        until("the pass is published", async || redis.ask(&["GET", &key]).ok() == shown).await;
        let end = redis.ask(&["EVAL", "return tostring(redis.call('PEXPIRETIME', KEYS[1]))", "1", &key]);
        assert_eq!(
            end.expect("a moment"),
            pass.until.millis().to_string(),
            "its key ends with it, however late it is published"
        );
        assert_eq!(lines.leave(&user[0], Clock::Engine).await, Ok(true));
        assert!(redis.ask(&["GET", &key]).is_err(), "it has expired");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_was_given_up_at_once_is_not_to_be_seen() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    lines.make_line(&line, rule(100_000)).await.expect("put");
    let key = |user: &LineUser| match &user.line {
        LineId::Gate(campaign) => format!("gate:active:{{{campaign}}}:{}", user.user),
        LineId::Queue(name) => format!("queue:user-token:{{{name}}}:{}", user.user),
    };
    let all = people(&line, 1..=400);
    for some in all.chunks(20) {
        lines.enter(some.to_vec(), Clock::Engine).await;
        let mut admitted = 0;
        let tries = Tries::until("all are admitted");
        while admitted < some.len() {
            admitted += lines.admit(&line, passes(some.len()), Clock::Engine).await.expect("admits").admitted.len();
            if admitted < some.len() {
                tries.again().await;
            }
        }
        for left in futures::future::join_all(some.iter().map(|user| lines.leave(user, Clock::Engine))).await {
            assert_eq!(left, Ok(true));
        }
    }
    // When the pass of a later admission is there, all earlier ones have arrived.
    let last = people(&line, 401..=401);
    lines.enter(last.clone(), Clock::Engine).await;
    until("the last is admitted", async || {
        lines.admit(&line, passes(1), Clock::Engine).await.expect("admits");
        redis.ask(&["GET", &key(&last[0])]).is_ok()
    })
    .await;
    for user in &all {
        assert!(redis.ask(&["GET", &key(user)]).is_err(), "{} has given up the pass", user.user);
    }
}

/// A caller without the reply to an admission can put all its people back at once.
#[tokio::test(flavor = "multi_thread")]
async fn all_people_in_process_can_be_put_back_at_once() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    let admits = Admits::Processing { stale_after_ms: 3_600_000, put_back_max: 4 };
    lines.make_line(&line, LineRule { admits, ..rule(100) }).await.expect("put");
    let all = people(&line, 1..=12);
    lines.enter(all.clone(), Clock::Engine).await;
    let admitted = lines.admit(&line, passes(10), Clock::Engine).await.expect("admits").admitted;
    assert_eq!(admitted.len(), 10);
    let after_all = Clock::At(Timestamp(1 << 50));
    let mut back = Vec::new();
    for expected in [4, 4, 2, 0] {
        let some = lines.put_back(&line, after_all).await.expect("put back");
        assert_eq!(some.len(), expected);
        back.extend(some.into_iter().map(|(_, number)| number.get()));
    }
    assert_eq!(back, (1..=10).collect::<Vec<u64>>());
    let first = lines.check_in(all[..1].to_vec(), Clock::Engine).await;
    assert!(matches!(first[0], Ok(LineStatus::Waiting { number: QueueNumber(1), rank: 1, .. })), "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_redis_lost_is_not_there_until_it_is_made_again() {
    let kit = Kit::temporary().expect("a folder");
    let Some(redis) = testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    lines.make_line(&line, rule(10)).await.expect("put");
    lines.enter(people(&line, 1..=3), Clock::Engine).await;
    redis.tell(&["FLUSHALL"]).expect("flushed");
    redis.tell(&["SCRIPT", "FLUSH"]).expect("flushed");
    assert_eq!(lines.enter(people(&line, 4..=4), Clock::Engine).await, [Ok(LineStatus::NoLine)]);
    assert_eq!(lines.counts(&line, 9, Clock::Engine).await, Ok(None));
    lines.make_line(&line, rule(10)).await.expect("put");
    let first = LineStatus::Waiting { number: QueueNumber(1), rank: 1, is_new: true, is_late: false };
    assert_eq!(lines.enter(people(&line, 4..=4), Clock::Engine).await, [Ok(first)]);
}
