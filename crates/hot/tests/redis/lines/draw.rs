//! The opening draw on Redis, with many callers, callers that stop in the middle, people who enter and leave meanwhile, and
//! a master that dies.

use super::faults::master_of;
use super::support::{Tries, gate, open, open_with, passes, people, queue, rule, until};
use domain::Timestamp;
use domain::line::{
    DrawPlan, DrawSeed, DrawStep, Entries, LineId, LineRule, LineStatus, QueueNumber, Randomness, UNHELD, ValueOutcome,
    drawn_order, holder_hash,
};
use hot::line::{Clock, LinePort};
use hot::redis::{Ack, LineOptions, RedisLines};
use std::time::Instant;
use testkit::{Flavor, Kit, RedisCluster};

const SEED: DrawSeed = DrawSeed([42; 32]);
/// Long ago by the engine's own clock.
const OPENED: Timestamp = Timestamp(10);
const BEFORE: Clock = Clock::At(Timestamp(5));
const CROWD_WHOLE: u64 = 100_000;

fn drawn_rule() -> LineRule {
    rule_with(Randomness::None)
}

fn rule_with(randomness: Randomness) -> LineRule {
    LineRule { draw: Some(DrawPlan::new(SEED, OPENED, randomness)), opens_at: Some(OPENED), ..rule(1_000_000) }
}

/// The order of a draw whose value is known, worked out from its plan.
async fn order(lines: &RedisLines, line: &LineId, count: u32) -> Vec<u32> {
    let plan = lines.rule(line).await.expect("reads").expect("there").draw.expect("a draw");
    drawn_order(&plan.order_key().expect("known"), count)
}

/// Few queue numbers at a time.
async fn open_in_parts(url: &str, ack: Ack) -> RedisLines {
    open_with(url, LineOptions { ack, draw_part_max: 10 }).await
}

async fn enter(lines: &RedisLines, line: &LineId, numbers: std::ops::RangeInclusive<u64>) {
    let all: Vec<u64> = numbers.collect();
    for part in all.chunks(256) {
        for (n, status) in part.iter().zip(lines.enter(people(line, part.iter().copied()), BEFORE).await) {
            assert_eq!(status, Ok(LineStatus::Drawing { entry: QueueNumber(*n), is_new: true }));
        }
    }
}

/// Draws to the end, in spite of failures of Redis. Returns the number of calls.
async fn draw_all(lines: &RedisLines, line: &LineId, count: u32) -> u32 {
    let (tries, mut calls) = (Tries::until("drawn"), 0);
    loop {
        calls += 1;
        match lines.draw(line, Clock::Engine).await {
            Ok(DrawStep::Drawn { count: drawn }) => {
                assert_eq!(drawn, count);
                return calls;
            }
            Ok(DrawStep::UnderWay { count: begun }) => assert_eq!(begun, count),
            Ok(step) => panic!("it is time, and the value is there: {step:?}"),
            Err(_) => tries.again().await,
        }
    }
}

/// The numbers of the people in the order of their admission.
async fn order_of_admission(lines: &RedisLines, line: &LineId, count: usize) -> Vec<u32> {
    let (tries, mut order) = (Tries::until("all are admitted"), Vec::new());
    while order.len() < count {
        let admission = lines.admit(line, passes(2_000), Clock::Engine).await.expect("admits");
        assert!(admission.admitted.is_sorted_by_key(|one| one.number));
        let number = |user: &str| user.trim_start_matches("user-").parse::<u32>().expect("a number");
        order.extend(admission.admitted.iter().map(|one| number(one.user.as_str())));
        if admission.admitted.is_empty() {
            tries.again().await;
        }
    }
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_stops_in_the_middle_is_followed_by_another() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    for line in [gate(), queue()] {
        let first = open_in_parts(&redis.url(), Ack::None).await;
        first.make_line(&line, drawn_rule()).await.expect("put");
        enter(&first, &line, 1..=95).await;
        for _ in 0..4 {
            assert_eq!(first.draw(&line, Clock::Engine).await, Ok(DrawStep::UnderWay { count: 95 }));
        }
        drop(first);
        // Of two people who leave, one has a number already and one has none. Two people who enter now do not take
        // part.
        let second = open_in_parts(&redis.url(), Ack::None).await;
        for user in people(&line, [7, 88]) {
            assert_eq!(second.leave(&user, Clock::Engine).await, Ok(true));
        }
        for (n, status) in (96..).zip(second.enter(people(&line, 96..=97), Clock::Engine).await) {
            assert_eq!(
                status,
                Ok(LineStatus::Drawing { entry: QueueNumber(n), is_new: true }),
                "no rank before all are drawn"
            );
        }
        assert!(second.admit(&line, passes(9), Clock::Engine).await.expect("admits").admitted.is_empty());
        let counts = second.counts(&line, 9, Clock::Engine).await.expect("reads").expect("there");
        assert_eq!((counts.drawn, counts.gone), (None, Vec::new()));
        assert_eq!(draw_all(&second, &line, 95).await, 6, "it continues where the first stopped");
        let counts = second.counts(&line, 9, Clock::Engine).await.expect("reads").expect("there");
        assert_eq!((counts.drawn, counts.numbers, counts.waiting), (Some(95), 97, 95));
        let all = order(&second, &line, 95).await;
        // Two that are neighbours by chance are one range.
        let mut gone: Vec<(u64, u64)> = Vec::new();
        for (number, _) in (1..).zip(&all).filter(|(_, n)| [7, 88].contains(*n)) {
            match gone.last_mut() {
                Some((_, end)) if *end + 1 == number => *end = number,
                _ => gone.push((number, number)),
            }
        }
        assert_eq!(counts.gone, gone);
        let order: Vec<u32> = all.into_iter().filter(|n| ![7, 88].contains(n)).chain([96, 97]).collect();
        assert_eq!(order_of_admission(&second, &line, 95).await, order);
    }
}

/// The list of the entries is published once, in parts by several callers, and awaits its value.
#[tokio::test(flavor = "multi_thread")]
async fn a_draw_publishes_its_entries_once_and_takes_one_value() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    for line in [gate(), queue()] {
        let lines = open_in_parts(&redis.url(), Ack::None).await;
        let manual = Randomness::Manual { source: "the lottery".to_owned() };
        lines.make_line(&line, rule_with(manual)).await.expect("put");
        enter(&lines, &line, 1..=2_345).await;
        for user in people(&line, [1, 7, 1_000, 1_001, 2_345]) {
            assert_eq!(lines.leave(&user, BEFORE).await, Ok(true));
        }
        assert_eq!(lines.draw(&line, BEFORE).await, Ok(DrawStep::NotDue));
        assert_eq!(lines.draw_entries(&line, 1, 9).await, Ok(None));
        assert_eq!(lines.give_draw_value(&line, b"7").await, Ok(ValueOutcome::NotAwaited));
        // A user who comes after the closing is late, though nobody has begun to draw.
        let late = lines.enter(people(&line, [2_346]), Clock::Engine).await;
        assert_eq!(late, [Ok(LineStatus::Drawing { entry: QueueNumber(2_346), is_new: true })]);
        let callers = (0..4).map(|_| async {
            let lines = open_in_parts(&redis.url(), Ack::None).await;
            lines.draw(&line, Clock::Engine).await
        });
        for step in futures::future::join_all(callers).await {
            assert_eq!(step, Ok(DrawStep::AwaitsValue { count: 2_345 }));
        }
        let hash = |user: &hot::line::LineUser| holder_hash(&line, &user.user);
        let mut hashes: Vec<_> = people(&line, 1..=2_345).iter().map(hash).collect();
        for left in [1, 7, 1_000, 1_001, 2_345] {
            hashes[left - 1] = UNHELD;
        }
        assert_eq!(lines.draw_entries(&line, 999, 3).await, Ok(Some(hashes[998..1_001].to_vec())));
        let entries = Entries::new(hashes);
        assert!(lines.draw_entries(&line, 1, u32::MAX).await == Ok(Some(entries.hashes().to_vec())));
        let plan = lines.rule(&line).await.expect("reads").expect("there").draw.expect("a draw");
        assert_eq!(plan.root, Some(*entries.root()));
        assert_eq!(lines.give_draw_value(&line, b"7").await, Ok(ValueOutcome::Kept));
        assert_eq!(lines.give_draw_value(&line, b"8").await, Ok(ValueOutcome::OtherStands));
        draw_all(&lines, &line, 2_345).await;
        let drawn = drawn_order(&[&SEED.0[..], b"7", entries.root()].concat(), 2_345);
        assert_eq!(order(&lines, &line, 2_345).await, drawn);
        assert_eq!(order_of_admission(&lines, &line, 1).await.first(), drawn.iter().find(|n| **n != 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_draw_one_order_while_people_come_and_go() {
    let Some(redis) = testkit::available(testkit::shared().redis_cluster()) else { return };
    let line = queue();
    let lines = open_in_parts(&redis.url(), Ack::Replica).await;
    lines.make_line(&line, drawn_rule()).await.expect("put");
    enter(&lines, &line, 1..=1_000).await;
    // The participants are settled before other people enter.
    assert_eq!(lines.draw(&line, Clock::Engine).await, Ok(DrawStep::UnderWay { count: 1_000 }));
    let mut callers = Vec::new();
    // Many callers, so that a caller often repeats a part that another has done meanwhile.
    for _ in 0..12 {
        let (lines, line) = (open_in_parts(&redis.url(), Ack::Replica).await, line.clone());
        callers.push(tokio::spawn(async move { draw_all(&lines, &line, 1_000).await }));
    }
    for n in 1_001..=1_100 {
        assert!(lines.enter(people(&line, [n]), Clock::Engine).await[0].is_ok());
        assert_eq!(lines.leave(&people(&line, [n - 1_000])[0], Clock::Engine).await, Ok(true));
    }
    for caller in callers {
        caller.await.expect("draws");
    }
    let all = order(&lines, &line, 1_000).await;
    let counts = lines.counts(&line, 1_000, Clock::Engine).await.expect("reads").expect("there");
    let gone: Vec<u64> = counts.gone.into_iter().flat_map(|(first, last)| first..=last).collect();
    let left = (1..).zip(&all).filter(|(_, n)| **n <= 100).map(|(number, _)| number);
    assert_eq!(gone, left.collect::<Vec<u64>>(), "exactly the people who left");
    let order: Vec<u32> = all.into_iter().filter(|n| *n > 100).chain(1_001..=1_100).collect();
    assert_eq!(order_of_admission(&lines, &line, 1_000).await, order);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_killed_in_the_draw_leaves_one_and_the_same_order() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let line = gate();
    let lines = open_in_parts(&cluster.url(), Ack::Replica).await;
    lines.make_line(&line, drawn_rule()).await.expect("put");
    enter(&lines, &line, 1..=300).await;
    for _ in 0..9 {
        assert_eq!(lines.draw(&line, Clock::Engine).await, Ok(DrawStep::UnderWay { count: 300 }));
    }
    let master = master_of(&cluster, &line).expect("a master");
    master.kill().expect("killed");
    let drawing = draw_all(&lines, &line, 300);
    let back = async {
        until("the replica takes over", async || master_of(&cluster, &line).is_some()).await;
        master.restart().expect("starts again");
        cluster.wait_until_ready().expect("whole again");
    };
    tokio::join!(drawing, back);
    assert_eq!(order_of_admission(&lines, &line, 300).await, order(&lines, &line, 300).await);
}

/// `cargo test --release -p hot --test redis hundred_thousand -- --ignored --nocapture`.
/// `ONSALE_ORDER=FILE` keeps the order for another program to compare.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a release build"]
async fn a_hundred_thousand_are_drawn() {
    let redis = testkit::shared().redis_cluster().expect("Redis Cluster");
    let line = gate();
    let lines = open(&redis.url(), Ack::Replica).await;
    lines.make_line(&line, drawn_rule()).await.expect("put");
    enter(&lines, &line, 1..=CROWD_WHOLE).await;
    let begun = Instant::now();
    let calls = draw_all(&lines, &line, CROWD_WHOLE as u32).await;
    println!("{CROWD_WHOLE} drawn in {:?}, by {calls} calls", begun.elapsed());
    let order = order_of_admission(&lines, &line, CROWD_WHOLE as usize).await;
    assert!(order == self::order(&lines, &line, CROWD_WHOLE as u32).await);
    if let Ok(file) = std::env::var("ONSALE_ORDER") {
        let text: String = (1..).zip(&order).map(|(place, entry)| format!("{place} {entry}\n")).collect();
        std::fs::write(file, text).expect("written");
    }
}
