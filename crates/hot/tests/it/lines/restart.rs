//! The same people in the same order, whenever the engine ends.

use super::*;
use domain::PassId;
use domain::line::{DrawPlan, DrawSeed, LineCounts, LineOutcome, QueueNumber, Randomness};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const USERS: usize = 12;
const BEGUN_MS: i64 = 1_700_000_000_123;

#[derive(Clone, Copy, Debug)]
enum Step {
    Enter(usize),
    Look(usize),
    Leave(usize),
    Finish(usize),
    Admit(usize),
    PutBack,
    PutAllBack,
    Draw,
    Wait(i64),
    Restart,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..USERS).prop_map(Step::Enter),
        2 => (0..USERS).prop_map(Step::Look),
        1 => (0..USERS).prop_map(Step::Leave),
        1 => (0..USERS).prop_map(Step::Finish),
        4 => (1usize..5).prop_map(Step::Admit),
        1 => Just(Step::PutBack),
        1 => Just(Step::PutAllBack),
        1 => Just(Step::Draw),
        3 => (0i64..1_500).prop_map(Step::Wait),
        2 => Just(Step::Restart),
    ]
}

fn any_admits() -> impl Strategy<Value = Admits> {
    prop_oneof![
        (100u32..4_000).prop_map(|ttl_ms| Admits::Pass { ttl_ms }),
        (100u32..2_000).prop_map(|stale_after_ms| Admits::Processing { stale_after_ms, put_back_max: 3 }),
    ]
}

/// An engine and its state as seen by callers.
struct Watched {
    lines: Option<EmbeddedLines>,
    folder: tempfile::TempDir,
    rule: LineRule,
    now_ms: i64,
    passes_made: u128,
    last_number: QueueNumber,
}

impl Watched {
    async fn new(rule: LineRule) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = crate::open_lines(folder.path(), NO_FLUSH).expect("opens");
        lines.make_line(&id(), rule.clone()).await.expect("made");
        // A clock before the real one, at which the journal is read: passes may have run out by then.
        Self { lines: Some(lines), folder, rule, now_ms: BEGUN_MS, passes_made: 0, last_number: QueueNumber(0) }
    }

    fn lines(&self) -> &EmbeddedLines {
        self.lines.as_ref().expect("open")
    }

    fn clock(&self) -> Clock {
        Clock::At(Timestamp(self.now_ms))
    }

    async fn step(&mut self, step: Step) {
        let clock = self.clock();
        match step {
            Step::Enter(n) => {
                let heard = self.lines().enter(vec![who(n)], clock).await.pop().expect("one answer").expect("enters");
                if let LineStatus::Waiting { number, is_new: true, .. }
                | LineStatus::Drawing { entry: number, is_new: true } = heard
                {
                    assert_eq!(number, self.last_number.next(), "every number is given once, in order");
                    self.last_number = number;
                }
            }
            Step::Look(n) => drop(self.lines().check_in(vec![who(n)], clock).await),
            Step::Leave(n) => drop(self.lines().leave(&who(n), clock).await.expect("leaves")),
            Step::Finish(n) => drop(self.lines().finish(&who(n), LineOutcome::SoldOut).await.expect("finishes")),
            Step::Admit(most) => {
                let passes: Vec<PassId> =
                    (1..=most as u128).map(|n| PassId(Uuid::from_u128(self.passes_made + n))).collect();
                self.passes_made += most as u128;
                self.lines().admit(&id(), passes, clock).await.expect("admits");
            }
            Step::PutBack => drop(self.lines().put_back(&id(), clock).await.expect("puts back")),
            Step::PutAllBack => drop(self.lines().put_all_back(&id(), clock).await.expect("puts back")),
            Step::Draw => drop(self.lines().draw(&id(), clock).await.expect("draws")),
            Step::Wait(ms) => self.now_ms += ms,
            Step::Restart => self.restart().await,
        }
    }

    async fn restart(&mut self) {
        let before = self.picture().await;
        let rule = self.lines().rule(&id()).await.expect("reads").expect("is there");
        self.lines = None;
        self.lines = Some(crate::open_lines(self.folder.path(), NO_FLUSH).expect("opens again"));
        assert_eq!(self.picture().await, before);
        // With the root of a draw that has closed.
        assert_eq!(self.lines().rule(&id()).await.expect("reads"), Some(rule.clone()));
        assert_eq!(LineRule { draw: rule.draw.map(DrawPlan::announced), ..rule }, self.rule);
        assert_eq!(self.lines().lines().await.expect("reads"), [id()]);
    }

    /// Everybody's place by queue number, but for ranks shown before, which may be better than those of now.
    async fn picture(&self) -> (BTreeMap<u64, (usize, LineStatus)>, LineCounts) {
        let everybody = self.lines().check_in((0..USERS).map(who).collect(), self.clock()).await;
        let mut places = BTreeMap::new();
        for (n, standing) in everybody.into_iter().enumerate() {
            let standing = match standing.expect("looks") {
                LineStatus::Waiting { number, .. } => {
                    LineStatus::Waiting { number, rank: 0, is_new: false, is_late: false }
                }
                other => other,
            };
            if let Some(number) = queue_number(standing) {
                assert_eq!(places.insert(number, (n, standing)), None, "two have number {number}");
            }
        }
        let figures = self.lines().counts(&id(), 99, self.clock()).await.expect("reads").expect("is there");
        (places, figures)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn at_any_point(
        admits in any_admits(),
        draw in proptest::option::of((any::<[u8; 32]>(), 0i64..5_000)),
        steps in proptest::collection::vec(any_step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let opens_at = Some(Timestamp(draw.map_or(1_699_999_999_987, |(_, opens_in)| BEGUN_MS + opens_in)));
            let draw = draw.map(|(seed, closes_in)| {
                DrawPlan::new(DrawSeed(seed), Timestamp(BEGUN_MS + closes_in), Randomness::None)
            });
            let rule = LineRule { admits, opens_at, draw, ..rule(4, 1) };
            let mut watched = Watched::new(rule).await;
            for step in steps {
                watched.step(step).await;
            }
            watched.restart().await;
        });
    }
}

#[tokio::test]
async fn ranks_after_a_restart_are_those_of_the_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), rule(2, 1)).await.expect("made");
    for n in 1..=9 {
        enter(&lines, n).await.expect("enters");
    }
    assert_eq!(lines.leave(&who(5), Clock::At(Timestamp(5))).await, Ok(true));
    let passes = vec![PassId(Uuid::from_u128(1)), PassId(Uuid::from_u128(2))];
    lines.admit(&id(), passes, Clock::At(Timestamp(5))).await.expect("admits");
    drop(lines);
    let lines = open(folder.path());
    for (n, rank) in [(3, 1), (4, 2), (6, 3), (9, 6)] {
        assert_eq!(
            check_in(&lines, n).await,
            Ok(LineStatus::Waiting { number: QueueNumber(n as u64), rank, is_new: false, is_late: false })
        );
    }
    assert_eq!(
        enter(&lines, 5).await,
        Ok(LineStatus::Waiting { number: QueueNumber(10), rank: 7, is_new: true, is_late: false })
    );
    let inside = check_in(&lines, 2).await.expect("looks");
    assert!(
        matches!(inside, LineStatus::Inside { number: QueueNumber(2), pass } if pass.id == PassId(Uuid::from_u128(2))),
        "{inside:?}"
    );
}

#[tokio::test]
async fn a_change_of_rule_is_there_again_and_one_from_an_older_rule_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), rule(1, 1)).await.expect("made");
    let configured = |rule| LineRule { configured_rate_per_second: Some(7), ..rule };
    let in_force = configured(rule(7, 2));
    assert_eq!(lines.change_rule(&id(), configured(rule(7, 1))).await, Ok(RuleChange::Made(in_force.clone())));
    assert_eq!(lines.change_rule(&id(), rule(5, 1)).await, Ok(RuleChange::Conflict(in_force.clone())));
    lines.make_line(&id(), rule(5, 9)).await.expect("is there");
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(lines.rule(&id()).await, Ok(Some(in_force.clone())));
    assert_eq!(lines.change_rule(&id(), rule(5, 1)).await, Ok(RuleChange::Conflict(in_force.clone())));
    let other = LineId::Queue(EventName::new("other").expect("valid"));
    lines.make_line(&other, rule(9, 1)).await.expect("made");
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(lines.rule(&other).await, Ok(Some(rule(9, 1))));
    assert_eq!(lines.rule(&id()).await, Ok(Some(in_force)));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_changes_of_a_rule_are_all_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = crate::open_lines(folder.path(), NO_FLUSH).expect("opens");
    conformance::run_changers(vec![lines]).await;
}
