//! Presence on Redis: lines that the version before made, and what is kept of people who are through.

use super::support::{gate, open, passes, people, queue, rule};
use domain::Timestamp;
use domain::line::{Admits, LineId, LineOutcome, LineRule, LineStatus, QueueNumber};
use hot::line::{Clock, LinePort};
use hot::redis::Ack;
use testkit::RedisNode;

/// A key of a line.
fn key(line: &LineId, name: &str) -> String {
    match line {
        LineId::Gate(campaign) => format!("gate:{name}:{{{campaign}}}"),
        LineId::Queue(line) => format!("queue:{name}:{{{line}}}"),
    }
}

/// How many entries all keys of a line have together, but for the line's own hash.
fn entries(redis: &RedisNode, line: &LineId) -> u64 {
    let waiting = match line {
        LineId::Gate(_) => key(line, "queue"),
        LineId::Queue(name) => format!("queue:{{{name}}}"),
    };
    let sets = ["inside", "processing", "gone", "returned", "heard", "remembered"].map(|name| key(line, name));
    let hashes = ["place", "processing:rank", "networks"].map(|name| key(line, name));
    let count = |command: &str, key: &str| {
        let script = format!("return tostring(redis.call('{command}', KEYS[1]))");
        redis.ask(&["EVAL", &script, "1", key]).expect("counts").parse::<u64>().expect("a number")
    };
    let of_sets = sets.iter().chain([&waiting]).map(|set| count("ZCARD", set)).sum::<u64>();
    of_sets + hashes.iter().map(|hash| count("HLEN", hash)).sum::<u64>()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_of_those_who_passed_through() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let lines = open(&redis.url(), Ack::None).await;
    for line in [queue(), gate()] {
        let pass = Admits::Pass { ttl_ms: 1_000 };
        let rule = LineRule { admits: pass, abandon_after_ms: 120_000, remember_ms: 1_000, ..rule(100_000) };
        lines.make_line(&line, rule).await.expect("made");
        let mut now = 4_000_000_000_000;
        for round in 0..20u64 {
            let crowd = people(&line, round * 500..(round + 1) * 500);
            let entered = lines.enter(crowd.clone(), Clock::At(Timestamp(now))).await;
            assert!(matches!(entered[499], Ok(LineStatus::Waiting { rank: 500, .. })), "{:?}", entered[499]);
            lines.check_in(crowd, Clock::At(Timestamp(now))).await;
            let admitted = lines.admit(&line, passes(500), Clock::At(Timestamp(now))).await.expect("admits").admitted;
            assert_eq!(admitted.len(), 500);
            assert!(entries(redis, &line) <= 1_010, "{} entries in round {round}", entries(redis, &line));
            now += 1_000;
        }
        lines.admit(&line, passes(1), Clock::At(Timestamp(now))).await.expect("admits");
        assert_eq!(entries(redis, &line), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_outcome_or_went_away_is_forgotten_in_the_end() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    let rule = LineRule { abandon_after_ms: 1_000, return_ms: 1_000, remember_ms: 10_000, ..rule(10) };
    lines.make_line(&line, rule).await.expect("made");
    let crowd = people(&line, 1..=3);
    let at = |ms: i64| Clock::At(Timestamp(4_000_000_000_000 + ms));
    lines.enter(crowd.clone(), at(0)).await;
    lines.finish(&crowd[0], LineOutcome::Issued).await.expect("finishes");
    lines.check_in(vec![crowd[0].clone()], at(5_000)).await;
    lines.admit(&line, Vec::new(), at(5_000)).await.expect("admits");
    lines.admit(&line, Vec::new(), at(10_000)).await.expect("admits");
    assert_eq!(entries(redis, &line), 7, "three places, each in one list, and a number that was given up");
    lines.admit(&line, Vec::new(), at(10_001)).await.expect("admits");
    let told = lines.check_in(crowd.clone(), at(10_001)).await;
    assert!(matches!(told[0], Ok(LineStatus::Finished { .. })), "{told:?}");
    assert_eq!(told[1..], [Ok(LineStatus::Absent), Ok(LineStatus::Absent)]);
    lines.admit(&line, Vec::new(), at(20_001)).await.expect("admits");
    lines.admit(&line, Vec::new(), at(20_002)).await.expect("admits");
    assert_eq!(entries(redis, &line), 1, "numbers that were given up");
}

/// The version before watched nobody, and its rules had no such fields.
#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_line_of_the_version_before_are_watched() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, queue());
    lines.make_line(&line, LineRule { capacity: 3, abandon_after_ms: 1_000, ..rule(10) }).await.expect("made");
    let crowd = people(&line, 1..=4);
    let at = |ms: i64| Clock::At(Timestamp(4_000_000_000_000 + ms));
    lines.enter(crowd[..3].to_vec(), at(0)).await;
    redis.tell(&["DEL", &key(&line, "heard"), &key(&line, "networks")]).expect("deleted");
    let fields = ["watched", "return_ms", "remember_ms", "network_max", "challenge"];
    redis.tell(&[&["HDEL", &key(&line, "line")], &fields[..]].concat()).expect("deleted");
    let rule = LineRule { capacity: 3, abandon_after_ms: 1_000, ..rule(10) };
    assert_eq!(lines.rule(&line).await, Ok(Some(rule)));
    lines.check_in(vec![crowd[1].clone()], at(900)).await;
    assert_eq!(lines.enter(vec![crowd[3].clone()], at(1_000)).await, [Ok(LineStatus::Full)]);
    let place = LineStatus::Waiting { number: QueueNumber(4), rank: 2, is_new: true, is_late: false };
    assert_eq!(lines.enter(vec![crowd[3].clone()], at(1_001)).await, [Ok(place)], "two of three are not there");
    let late = lines.check_in(vec![crowd[0].clone()], at(601_001)).await;
    assert!(matches!(late[0], Ok(LineStatus::Waiting { is_late: true, .. })), "{late:?}");
}
