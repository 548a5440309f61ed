//! Lines that end, that are made at the same time by others, and that Redis loses.

use super::support::{gate, open, passes, people, queue, rule, until};
use domain::line::{DrawPlan, DrawSeed, LineId, LineRule, LineStatus, LineTerms, Notice, Randomness, Switch};
use hot::conformance::line as conformance;
use hot::line::{Clock, LinePort, Recovery};
use hot::redis::{Ack, RedisLines};
use testkit::{Flavor, Kit, RedisNode};

#[tokio::test(flavor = "multi_thread")]
async fn lines_end_and_are_made_again_on_a_single_redis_and_on_a_cluster() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    conformance::run_ends(open(&redis.url(), Ack::None).await).await;
    let Some(cluster) = testkit::available(testkit::shared().redis_cluster()) else { return };
    conformance::run_ends(open(&cluster.url(), Ack::Replica).await).await;
}

/// What a command answers, as text; an item a line.
fn answer(redis: &RedisNode, words: &[&str]) -> String {
    const SCRIPT: &str = "local answer = redis.call(unpack(ARGV))
        return type(answer) == 'table' and table.concat(answer, '\\n') or tostring(answer)";
    redis.ask(&[&["EVAL", SCRIPT, "0"], words].concat()).expect("an answer")
}

/// The keys of a line.
fn keys_of(redis: &RedisNode, line: &LineId) -> Vec<String> {
    let tag = match line {
        LineId::Queue(name) => name.to_string(),
        LineId::Gate(campaign) => campaign.to_string(),
    };
    let keys = answer(redis, &["KEYS", &format!("*{{{tag}}}*")]);
    keys.lines().map(str::to_owned).filter(|key| !key.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_line_stays_when_its_passes_have_run_out() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, queue());
    lines
        // Longer than a busy machine delays the calls until the passes are looked for.
        .make_line(&line, LineRule { admits: domain::line::Admits::Pass { ttl_ms: 10_000 }, ..rule(1_000) })
        .await
        .expect("made");
    lines.enter(people(&line, 0..3_000), Clock::Engine).await;
    assert_eq!(lines.admit(&line, passes(3), Clock::Engine).await.expect("admits").admitted.len(), 3);
    assert_eq!(lines.end_line(&line, Clock::Engine).await, Ok(true));
    let LineId::Queue(name) = &line else { panic!("before a site") };
    assert_eq!(answer(redis, &["HLEN", &format!("queue:place:{{{name}}}")]), "3", "only those inside");
    until("all keys are gone", async || keys_of(redis, &line).is_empty()).await;
    for set in ["line:all", "queue:active-schedules"] {
        assert!(!answer(redis, &["SMEMBERS", set]).contains(name.as_str()), "{set}");
    }
    assert_eq!(answer(redis, &["HEXISTS", "line:defs", &line.to_string()]), "0");
}

/// A line whose node has lost it is made again as it was defined last; one that was ended is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_line_is_made_again_and_an_ended_one_is_not() {
    let kit = Kit::temporary().expect("a folder");
    let Some(redis) = testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let lines = open(&redis.url(), Ack::None).await;
    for (line, other) in [(queue(), queue()), (gate(), gate())] {
        assert_eq!(lines.recover_line(&line).await, Ok(Recovery::Lost), "an empty Redis");
        lines.make_line(&line, rule(7)).await.expect("made");
        lines.make_line(&other, rule(1)).await.expect("made");
        let opens_at = clock::now().plus_seconds(3_600);
        let draw = DrawPlan::new(DrawSeed([7; 32]), opens_at, Randomness::None);
        let notice = Notice::of(Some("잠시 후".to_owned()), None);
        let terms = LineTerms { switch: Switch::Off, notice, ..LineTerms::default() };
        let changed = LineRule { paused: true, opens_at: Some(opens_at), draw: Some(draw), terms, ..rule(9) };
        lines.change_rule(&line, changed.clone()).await.expect("changed");
        let copy = || answer(&redis, &["HGET", "line:defs", &line.to_string()]);
        until("the copy follows", async || copy().starts_with("2;")).await;
        lines.enter(people(&line, 0..5), Clock::Engine).await;
        for key in keys_of(&redis, &line) {
            redis.tell(&["DEL", &key]).expect("lost");
        }
        assert_eq!(lines.rule(&line).await, Ok(None));
        assert_eq!(lines.recover_line(&line).await, Ok(Recovery::There));
        assert_eq!(lines.rule(&line).await, Ok(Some(LineRule { revision: 2, ..changed })));
        lines.end_line(&other, Clock::Engine).await.expect("ended");
        assert_eq!(lines.recover_line(&other).await, Ok(Recovery::Ended));
        redis.tell(&["FLUSHALL"]).expect("flushed");
        assert_eq!(lines.recover_line(&line).await, Ok(Recovery::Lost));
    }
}

/// Makes and ends a line again and again.
async fn make_and_end(lines: RedisLines, line: LineId) -> u32 {
    let mut made = 0;
    for _ in 0..150 {
        made += u32::from(lines.make_line(&line, rule(1_000)).await.expect("answers"));
        lines.end_line(&line, Clock::Engine).await.expect("answers");
    }
    made
}

/// Kind: a line that is there and that no scheduler finds. Whatever the order of two operators' calls, at the end every
/// line that exists is listed.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_made_while_it_ends_is_found_by_schedulers() {
    let Some(cluster) = testkit::available(testkit::shared().redis_cluster()) else { return };
    let line = queue();
    let (one, two) = (open(&cluster.url(), Ack::Replica).await, open(&cluster.url(), Ack::Replica).await);
    let maker = tokio::spawn(make_and_end(one.clone(), line.clone()));
    for round in 0..150 {
        two.make_line(&line, rule(1_000)).await.expect("answers");
        if round % 2 == 0 {
            two.end_line(&line, Clock::Engine).await.expect("answers");
        }
    }
    assert!(maker.await.expect("runs") > 0);
    two.make_line(&line, rule(1_000)).await.expect("answers");
    assert!(two.rule(&line).await.expect("answers").is_some());
    assert!(two.lines().await.expect("answers").contains(&line), "no scheduler finds it");
    assert_eq!(two.recover_line(&line).await, Ok(Recovery::There));
    let status = two.enter(people(&line, 0..1), Clock::Engine).await.remove(0);
    assert!(matches!(status, Ok(LineStatus::Waiting { rank: 1, .. })), "{status:?}");
}
