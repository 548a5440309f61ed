//! Calls that reach Redis twice, or late, from an abandoned connection.

use super::support::{Tries, gate, open, passes, people, queue, rule};
use domain::Timestamp;
use domain::line::{Admits, DrawPlan, DrawSeed, LineId, LineRule, LineStatus, Randomness};
use domain::{PassId, UserId};
use hot::HotError;
use hot::line::{Clock, LinePort};
use hot::redis::{Ack, RedisLines};
use std::collections::BTreeMap;
use testkit::{Flavor, Kit, RedisNode};
use uuid::Uuid;

macro_rules! script {
    ($file:literal $(, $before:literal)*) => {
        (
            $file,
            concat!(
                include_str!("../../../src/redis/line/common.lua"),
                $(include_str!(concat!("../../../src/redis/line/", $before, ".lua")),)*
                include_str!(concat!("../../../src/redis/line/", $file, ".lua"))
            ),
        )
    };
}

type Script = (&'static str, &'static str);
const ADMIT: Script = script!("admit", "presence", "pace");
const PUT_BACK: Script = script!("put_back");
/// The moment of the call that runs twice, and one a second later. Both are in the future, since ended passes are deleted.
const NOW: &str = "4000000000000";
const LATER: &str = "4000000001000";
/// As in `common.lua`.
const CALLERS_MAX: u64 = 64;

/// The keys of a line, in the scripts' order (`contract.md`, Hot state).
fn keys(line: &LineId) -> [String; 12] {
    let (kind, tag) = match line {
        LineId::Gate(campaign) => ("gate", campaign.to_string()),
        LineId::Queue(name) => ("queue", name.to_string()),
    };
    let (waiting, numbers) = if kind == "gate" { ("gate:queue", "gate:queue:rank") } else { ("queue", "queue:ticket") };
    let own = ["place", "inside", "processing", "processing:rank", "gone"].map(|name| format!("{kind}:{name}"));
    let [place, inside, processing, processing_numbers, gone] = own;
    let own = ["returned", "heard", "remembered", "networks"].map(|name| format!("{kind}:{name}"));
    let [returned, heard, remembered, networks] = own;
    let line = format!("{kind}:line");
    let (waiting, numbers) = (waiting.to_owned(), numbers.to_owned());
    [line, waiting, numbers, place, inside, processing, processing_numbers, gone, returned, heard, remembered, networks]
        .map(|name| format!("{name}:{{{tag}}}"))
}

/// Runs a script directly. `key` is added to the keys of the line.
fn run(redis: &RedisNode, line: &LineId, (name, text): Script, key: Option<&str>, arguments: &[&str]) {
    let keys = keys(line);
    let count = (keys.len() + usize::from(key.is_some())).to_string();
    let mut words = vec!["EVAL", text, &count];
    words.extend(keys.iter().map(String::as_str).chain(key));
    words.extend(arguments);
    redis.tell(&words).unwrap_or_else(|error| panic!("{name}: {error}"));
}

fn ids(passes: &[PassId]) -> String {
    passes.iter().map(|id| id.get().simple().to_string()).collect()
}

fn name(number: u64) -> String {
    Uuid::from_u128(u128::from(number) + 1).simple().to_string()
}

/// The holder of each pass among this many people; each pass has one holder.
pub async fn holders(lines: &RedisLines, line: &LineId, count: u64) -> BTreeMap<PassId, Vec<UserId>> {
    let mut holders: BTreeMap<PassId, Vec<UserId>> = BTreeMap::new();
    let all = people(line, 1..=count);
    for some in all.chunks(200) {
        let tries = Tries::until("all have a status");
        let statuses = loop {
            match lines.check_in(some.to_vec(), Clock::Engine).await.into_iter().collect::<Result<Vec<_>, _>>() {
                Ok(statuses) => break statuses,
                Err(_) => tries.again().await,
            }
        };
        for (user, status) in some.iter().zip(statuses) {
            if let LineStatus::Inside { pass, .. } = status {
                holders.entry(pass.id).or_default().push(user.user.clone());
            }
        }
    }
    for (pass, people) in &holders {
        assert_eq!(people.len(), 1, "{pass} was given to {people:?}");
    }
    holders
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admission_is_carried_out_once_and_none_comes_after_a_later_one() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    for line in [gate(), queue()] {
        let lines = open(&redis.url(), Ack::None).await;
        lines.make_line(&line, rule(1_000)).await.expect("made");
        lines.enter(people(&line, 1..=20), Clock::Engine).await;
        let (first, late, other) = (passes(4), passes(4), passes(4));
        let admit = |caller: u64, number: u64, passes: &[PassId]| {
            run(redis, &line, ADMIT, None, &["", &name(caller), &number.to_string(), &ids(passes)]);
        };
        admit(1, 7, &first);
        admit(1, 7, &first);
        assert_eq!(holders(&lines, &line, 20).await.into_keys().collect::<Vec<_>>(), sorted(&first));
        // Each caller has numbers of its own.
        admit(2, 3, &other);
        // A call from before the last executed one.
        admit(1, 6, &late);
        admit(2, 3, &other);
        assert_eq!(holders(&lines, &line, 20).await.into_keys().collect::<Vec<_>>(), sorted(&[first, other].concat()));
        admit(1, 8, &late);
        assert_eq!(holders(&lines, &line, 20).await.len(), 12);
    }
}

fn sorted(passes: &[PassId]) -> Vec<PassId> {
    let mut sorted = passes.to_vec();
    sorted.sort_unstable();
    sorted
}

/// Even if it admits no one: its caller has the reply, and would not learn of people admitted by a second run.
#[tokio::test(flavor = "multi_thread")]
async fn an_admission_of_no_one_is_executed_too() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    lines.make_line(&line, LineRule { paused: true, ..rule(1_000) }).await.expect("made");
    lines.enter(people(&line, 1..=4), Clock::Engine).await;
    let admit = || run(redis, &line, ADMIT, None, &["", &name(1), "7", &ids(&passes(4))]);
    admit();
    redis.tell(&["HSET", &keys(&line)[0], "paused", "0"]).expect("goes on");
    admit();
    assert_eq!(holders(&lines, &line, 4).await.len(), 0);
}

/// A caller without the reply puts its people back. A person admitted after that would be overtaken by all others.
#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_admission_admits_no_one_after_people_were_put_back() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    let admits = Admits::Processing { stale_after_ms: 60_000, put_back_max: 200 };
    lines.make_line(&line, LineRule { admits, ..rule(1_000) }).await.expect("made");
    lines.enter(people(&line, 1..=9), Clock::Engine).await;
    run(redis, &line, PUT_BACK, None, &["", &name(1), "8"]);
    run(redis, &line, ADMIT, None, &["", &name(1), "7", &ids(&passes(4))]);
    let counts = lines.counts(&line, 0, Clock::Engine).await.expect("reads").expect("there");
    assert_eq!((counts.waiting, counts.processing), (9, 0));
    run(redis, &line, ADMIT, None, &["", &name(1), "9", &ids(&passes(4))]);
    let counts = lines.counts(&line, 0, Clock::Engine).await.expect("reads").expect("there");
    assert_eq!((counts.waiting, counts.processing), (5, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_forgets_callers_and_refuses_their_late_calls() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    lines.make_line(&line, rule(1_000_000)).await.expect("made");
    let crowd = 4 * (CALLERS_MAX + 10);
    for some in people(&line, 1..=crowd).chunks(200) {
        lines.enter(some.to_vec(), Clock::Engine).await;
    }
    let admit = |caller: u64, number: u64| {
        let passes = ids(&[PassId(Uuid::from_u128(u128::from(caller) << 64 | u128::from(number)))]);
        run(redis, &line, ADMIT, None, &["", &name(caller), &number.to_string(), &passes]);
    };
    for caller in 0..=CALLERS_MAX {
        admit(caller, 1_000 + caller);
    }
    // The first caller is forgotten, and earlier calls of all callers are refused.
    for caller in 0..=CALLERS_MAX {
        admit(caller, 1_000 + caller);
        admit(caller, 1_000);
    }
    admit(CALLERS_MAX + 1, 1_000);
    let inside = CALLERS_MAX + 1;
    assert_eq!(holders(&lines, &line, crowd).await.len() as u64, inside);
    // A call with a higher number is executed, from a known caller or not; the stored list does not grow.
    for caller in 0..CALLERS_MAX + 9 {
        admit(caller, 2_000 + caller);
    }
    assert_eq!(holders(&lines, &line, crowd).await.len() as u64, inside + CALLERS_MAX + 9);
    let kept = redis.ask(&["HGET", &keys(&line)[0], "callers"]).expect("kept");
    assert_eq!(kept.matches(':').count() as u64, CALLERS_MAX);
}

/// A process whose clock is far behind the clock of a forgotten caller.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_caller_continues_with_a_higher_number() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (lines, line) = (open(&redis.url(), Ack::None).await, gate());
    lines.make_line(&line, rule(1_000)).await.expect("made");
    lines.enter(people(&line, 1..=3), Clock::Engine).await;
    redis.tell(&["HSET", &keys(&line)[0], "callers", "1000000000000000;"]).expect("set");
    let refused = lines.admit(&line, passes(1), Clock::Engine).await;
    assert!(matches!(refused, Err(HotError::Unknown(_))), "{refused:?}");
    for number in 1..=3 {
        let admitted = lines.admit(&line, passes(1), Clock::Engine).await.expect("admits").admitted;
        assert_eq!(admitted.iter().map(|one| one.number.get()).collect::<Vec<_>>(), [number]);
    }
}

/// A second run of a script leaves the same state.
#[tokio::test(flavor = "multi_thread")]
async fn every_script_leaves_the_same_behind_when_it_is_run_again() {
    let kit = Kit::temporary().expect("a folder");
    let Some(redis) = &testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let lines = open(&redis.url(), Ack::None).await;
    let (passed, dealt_with, drawn) = (queue(), gate(), gate());
    lines.make_line(&passed, rule(1_000)).await.expect("made");
    let admits = Admits::Processing { stale_after_ms: 1_000, put_back_max: 2 };
    lines.make_line(&dealt_with, LineRule { admits, ..rule(1_000) }).await.expect("made");
    let manual = Randomness::Manual { source: "the lottery".to_owned() };
    let draw = Some(DrawPlan::new(DrawSeed([7; 32]), Timestamp(i64::MAX / 4_096), manual));
    lines.make_line(&drawn, LineRule { draw, ..rule(1_000) }).await.expect("made");
    let pass = ids(&passes(1));
    let (two, three) = (ids(&passes(2)), ids(&passes(3)));
    let own = "queue:user-token:own";
    let LineId::Gate(campaign) = &drawn else { panic!("a gate") };
    let list = format!("gate:draw-entries:{{{campaign}}}");
    let twice = |line: &LineId, script: Script, key: Option<&str>, arguments: &[&str]| {
        run(redis, line, script, key, arguments);
        let after = redis.ask(&["DEBUG", "DIGEST"]).expect("a digest");
        run(redis, line, script, key, arguments);
        assert_eq!(redis.ask(&["DEBUG", "DIGEST"]).expect("a digest"), after, "{} changes things again", script.0);
        after
    };
    let (enter, finish, leave) = (script!("enter_look", "presence"), script!("finish"), script!("leave"));
    for line in [&passed, &dealt_with, &drawn] {
        // A reading script makes a write for `WAIT`, which changes the digest once: make it before.
        run(redis, line, script!("figures"), None, &[NOW, "0"]);
        twice(line, enter, None, &[NOW, "1", "0", "ann", "ben", "cem", "dan", "", "", "", ""]);
        twice(line, enter, None, &[NOW, "0", "0", "ann", "eve"]);
    }
    let caller = name(1);
    let (closed, hashes, root) = ((i64::MAX / 4_096).to_string(), "h".repeat(4 * 32), "a".repeat(64));
    let steps: [(&LineId, Script, &[&str]); 14] = [
        (&passed, ADMIT, &[NOW, &caller, "1", &pass]),
        (&passed, script!("show"), &[NOW, "ann", &pass]),
        (&passed, leave, &[NOW, "ann"]),
        (&passed, leave, &[NOW, "cem"]),
        (&passed, finish, &[NOW, "dan", "S"]),
        (&dealt_with, ADMIT, &[NOW, &caller, "1", &three]),
        (&dealt_with, PUT_BACK, &[LATER, &caller, "2"]),
        (&dealt_with, finish, &[LATER, "ann", "I"]),
        (&drawn, script!("draw"), &[&closed]),
        (&drawn, script!("entries"), &[&closed, "9", "4", "0", &hashes, "4"]),
        (&drawn, script!("settle"), &[&closed, &root, "", ""]),
        (&drawn, script!("settle"), &[&closed, "", "v07", ""]),
        (&drawn, script!("draw"), &[&closed, "4", "0", "3", "1"]),
        (&drawn, script!("draw"), &[&closed, "4", "2", "4", "2"]),
    ];
    // As above, at the moment of the draw.
    run(redis, &drawn, script!("figures"), None, &[&closed, "0"]);
    let mut digests = Vec::new();
    for (line, script, arguments) in steps {
        let key = match script.0 {
            "admit" | "put_back" | "draw" | "settle" => None,
            "entries" => Some(list.as_str()),
            _ => Some(own),
        };
        digests.push(twice(line, script, key, arguments));
    }
    assert!(digests.windows(2).all(|two| two[0] != two[1]), "each script changes the state in its first run");
    twice(&drawn, ADMIT, None, &[NOW, &caller, "1", &two]);
}
