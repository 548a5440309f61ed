//! The opening draw on Redis: parts of it by many callers, callers that stop in the middle, people who come and go
//! meanwhile, a master that dies.

use super::faults::master_of;
use super::support::{Tries, gate, open, open_with, passes, people, queue, rule, until};
use domain::Timestamp;
use domain::line::{DrawSeed, DrawStep, LineId, LineRule, LineStatus, drawn_order};
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
    LineRule { draw: Some(SEED), opens_at: Some(OPENED), ..rule(1_000_000) }
}

/// Few tickets at a time.
async fn open_in_parts(url: &str, ack: Ack) -> RedisLines {
    open_with(url, LineOptions { ack, draw_part_max: 10 }).await
}

async fn enter(lines: &RedisLines, line: &LineId, numbers: std::ops::RangeInclusive<u64>) {
    let all: Vec<u64> = numbers.collect();
    for part in all.chunks(256) {
        for (n, heard) in part.iter().zip(lines.enter(people(line, part.iter().copied()), BEFORE).await) {
            assert_eq!(heard, Ok(LineStatus::Drawing { entry: *n, is_new: true }));
        }
    }
}

/// Goes on to the end, whatever happens to Redis; how many calls it took.
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
            Ok(DrawStep::NotDue) => panic!("it is time"),
            Err(_) => tries.again().await,
        }
    }
}

/// The numbers of the people in the order in which they are admitted.
async fn order_of_admission(lines: &RedisLines, line: &LineId, count: usize) -> Vec<u32> {
    let (tries, mut order) = (Tries::until("all are admitted"), Vec::new());
    while order.len() < count {
        let admission = lines.admit(line, passes(2_000), Clock::Engine).await.expect("admits");
        assert!(admission.admitted.is_sorted_by_key(|one| one.ticket));
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
        // Of two that go, one has a ticket by now, and one has none; of two that come, none takes part.
        let second = open_in_parts(&redis.url(), Ack::None).await;
        for who in people(&line, [7, 88]) {
            assert_eq!(second.leave(&who, Clock::Engine).await, Ok(true));
        }
        for (n, heard) in (96..).zip(second.enter(people(&line, 96..=97), Clock::Engine).await) {
            assert_eq!(heard, Ok(LineStatus::Drawing { entry: n, is_new: true }), "no rank before all are drawn");
        }
        assert!(second.admit(&line, passes(9), Clock::Engine).await.expect("admits").admitted.is_empty());
        let figures = second.counts(&line, 9, Clock::Engine).await.expect("reads").expect("there");
        assert_eq!((figures.drawn, figures.gone), (None, Vec::new()));
        assert_eq!(draw_all(&second, &line, 95).await, 6, "it goes on where the first stopped");
        let figures = second.counts(&line, 9, Clock::Engine).await.expect("reads").expect("there");
        assert_eq!((figures.drawn, figures.tickets, figures.waiting), (Some(95), 97, 95));
        let all = drawn_order(&SEED, 95);
        let gone = (1..).zip(&all).filter(|(_, n)| [7, 88].contains(*n)).map(|(ticket, _)| (ticket, ticket));
        assert_eq!(figures.gone, gone.collect::<Vec<(u64, u64)>>());
        let order: Vec<u32> = all.into_iter().filter(|n| ![7, 88].contains(n)).chain([96, 97]).collect();
        assert_eq!(order_of_admission(&second, &line, 95).await, order);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_draw_one_order_while_people_come_and_go() {
    let Some(redis) = testkit::available(testkit::shared().redis_cluster()) else { return };
    let line = queue();
    let door = open_in_parts(&redis.url(), Ack::Replica).await;
    door.make_line(&line, drawn_rule()).await.expect("put");
    enter(&door, &line, 1..=1_000).await;
    // Settled before anybody else comes.
    assert_eq!(door.draw(&line, Clock::Engine).await, Ok(DrawStep::UnderWay { count: 1_000 }));
    let mut callers = Vec::new();
    // So many that a caller often comes with what others have done meanwhile.
    for _ in 0..12 {
        let (lines, line) = (open_in_parts(&redis.url(), Ack::Replica).await, line.clone());
        callers.push(tokio::spawn(async move { draw_all(&lines, &line, 1_000).await }));
    }
    for n in 1_001..=1_100 {
        assert!(door.enter(people(&line, [n]), Clock::Engine).await[0].is_ok());
        assert_eq!(door.leave(&people(&line, [n - 1_000])[0], Clock::Engine).await, Ok(true));
    }
    for caller in callers {
        caller.await.expect("draws");
    }
    let all = drawn_order(&SEED, 1_000);
    let figures = door.counts(&line, 1_000, Clock::Engine).await.expect("reads").expect("there");
    let gone: Vec<u64> = figures.gone.into_iter().flat_map(|(first, last)| first..=last).collect();
    let left = (1..).zip(&all).filter(|(_, n)| **n <= 100).map(|(ticket, _)| ticket);
    assert_eq!(gone, left.collect::<Vec<u64>>(), "those who left, and nobody else");
    let order: Vec<u32> = all.into_iter().filter(|n| *n > 100).chain(1_001..=1_100).collect();
    assert_eq!(order_of_admission(&door, &line, 1_000).await, order);
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
    assert_eq!(order_of_admission(&lines, &line, 300).await, drawn_order(&SEED, 300));
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
    assert!(order == drawn_order(&SEED, CROWD_WHOLE as u32));
    if let Ok(file) = std::env::var("ONSALE_ORDER") {
        let told: String = (1..).zip(&order).map(|(place, entry)| format!("{place} {entry}\n")).collect();
        std::fs::write(file, told).expect("written");
    }
}
