//! One suite for every engine of lines: random histories thrown at the engine and at [`domain::line::Line`]; the
//! answers must be equal.
//!
//! A new engine plugs in by [`run`] with a way to make an empty engine.

use super::{Clock, LinePort, LineUser};
use domain::line::{Admits, DrawSeed, DrawStep, Line, LineId, LineRule, Standing, Verdict};
use domain::{CampaignId, EventName, TenantName, Timestamp, UserId};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::future::Future;
use uuid::Uuid;

/// Lines and users in play: few, so that histories meet.
const LINES: u8 = 3;
const USERS: u8 = 12;

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    Put(u8, LineRule),
    PutStale(u8),
    Enter(Vec<(u8, u8)>),
    Look(Vec<(u8, u8)>),
    Leave(u8, u8),
    Admit(u8, usize),
    PutBack(u8),
    Finish(u8, u8, bool),
    Draw(u8),
    Wait(i64),
    Figures(u8),
}

fn any_rule() -> impl Strategy<Value = LineRule> {
    let admits = prop_oneof![
        (100u32..4_000).prop_map(|ttl_ms| Admits::Pass { ttl_ms }),
        (100u32..2_000, 0u32..4)
            .prop_map(|(stale_after_ms, put_back_max)| Admits::Processing { stale_after_ms, put_back_max }),
    ];
    let limits = (0u32..8, 1u32..3_000, 1u32..10, 0u32..5, prop_oneof![Just(0u32), 1u32..1_500]);
    let switches =
        (proptest::option::weighted(0.2, 0i64..3_000), proptest::bool::weighted(0.1), proptest::bool::weighted(0.1));
    // A draw takes a line that opens late enough for people to come before.
    let draw = proptest::option::weighted(0.5, (any::<[u8; 32]>(), 0i64..5_000));
    (limits, admits, switches, draw).prop_map(|(limits, admits, (opens_in, paused, closed), draw)| {
        let (rate_per_second, interval_ms, capacity, inside_max, abandon_after_ms) = limits;
        LineRule {
            rate_per_second,
            interval_ms,
            capacity,
            admits,
            inside_max,
            abandon_after_ms,
            // From the history's beginning.
            opens_at: draw.map(|(_, opens_in)| opens_in).or(opens_in).map(Timestamp),
            paused,
            closed,
            draw: draw.map(|(seed, _)| DrawSeed(seed)),
            revision: 0,
        }
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    // One line more than there is.
    let who = || (0..=LINES, 0..USERS);
    prop_oneof![
        2 => (0..LINES, any_rule()).prop_map(|(line, rule)| Step::Put(line, rule)),
        1 => (0..LINES).prop_map(Step::PutStale),
        8 => proptest::collection::vec(who(), 1..6).prop_map(Step::Enter),
        6 => proptest::collection::vec(who(), 1..6).prop_map(Step::Look),
        3 => who().prop_map(|(line, user)| Step::Leave(line, user)),
        8 => (0..=LINES, 0usize..9).prop_map(|(line, most)| Step::Admit(line, most)),
        2 => (0..=LINES).prop_map(Step::PutBack),
        2 => (who(), any::<bool>()).prop_map(|((line, user), issued)| Step::Finish(line, user, issued)),
        8 => prop_oneof![10 => 0i64..700, 1 => -3_000i64..0].prop_map(Step::Wait),
        5 => (0..=LINES).prop_map(Step::Draw),
        2 => (0..=LINES).prop_map(Step::Figures),
    ]
}

/// A history as it runs on both sides.
struct History<P> {
    engine: P,
    names: String,
    lines: BTreeMap<LineId, Line>,
    begun: i64,
    now: i64,
    revisions: [u64; LINES as usize],
    passes_made: u128,
    /// Answers that a draw of two or more was held, or was under way.
    drawn: u32,
    under_way: u32,
}

impl<P: LinePort> History<P> {
    fn new(engine: P) -> Self {
        let begun = 1_700_000_000_000;
        Self {
            engine,
            names: Uuid::new_v4().simple().to_string(),
            lines: BTreeMap::new(),
            begun,
            now: begun,
            revisions: [0; LINES as usize],
            passes_made: 0,
            drawn: 0,
            under_way: 0,
        }
    }

    fn line(&self, n: u8) -> LineId {
        let name = |text: &str| EventName::new(&format!("{text}-{}", self.names)).expect("valid");
        match n {
            0 => LineId::Gate(CampaignId::new(TenantName::default_tenant(), name("shoes"))),
            1 => LineId::Gate(CampaignId::new(TenantName::new("acme").expect("valid"), name("shoes"))),
            2 => LineId::Queue(name("concert")),
            _ => LineId::Queue(name("no-such-line")),
        }
    }

    fn who(&self, (line, user): (u8, u8)) -> LineUser {
        let user = UserId::new(&format!("user-{user}")).expect("valid");
        LineUser { line: self.line(line), user }
    }

    async fn put(&mut self, n: u8, rule: LineRule) {
        let line = self.line(n);
        self.engine.put_line(&line, rule.clone()).await.expect("put");
        match self.lines.get_mut(&line) {
            Some(known) => drop(known.put(rule)),
            None => drop(self.lines.insert(line, Line::new(rule))),
        }
    }

    async fn step(&mut self, step: Step) {
        let now = Timestamp(self.now);
        let clock = Clock::At(now);
        match step {
            Step::Put(n, rule) => {
                self.revisions[n as usize] += 1;
                let opens_at = rule.opens_at.map(|after| Timestamp(self.begun + after.millis()));
                self.put(n, LineRule { revision: self.revisions[n as usize], opens_at, ..rule }).await;
            }
            Step::PutStale(n) => {
                let line = self.line(n);
                let Some(rule) = self.lines.get(&line).map(|known| known.rule().clone()) else { return };
                let stale = LineRule { revision: rule.revision - 1, capacity: rule.capacity + 1, ..rule.clone() };
                self.put(n, stale).await;
                assert_eq!(self.engine.rule(&line).await.expect("reads"), Some(rule));
            }
            Step::Enter(batch) => {
                let batch: Vec<LineUser> = batch.into_iter().map(|who| self.who(who)).collect();
                let heard = self.engine.enter(batch.clone(), clock).await;
                self.compare(&batch, heard, |line, user| line.enter(user, now));
            }
            Step::Look(batch) => {
                let batch: Vec<LineUser> = batch.into_iter().map(|who| self.who(who)).collect();
                let heard = self.engine.look(batch.clone(), clock).await;
                self.compare(&batch, heard, |line, user| line.look(user, now));
            }
            Step::Leave(line, user) => {
                let who = self.who((line, user));
                let left = self.lines.get_mut(&who.line).is_some_and(|line| line.leave(&who.user, now));
                assert_eq!(self.engine.leave(&who, clock).await, Ok(left), "{who:?} leaves");
            }
            Step::Admit(n, most) => self.admit(n, most).await,
            Step::PutBack(n) => {
                let line = self.line(n);
                let back = self.lines.get_mut(&line).map(|line| line.put_back(now)).unwrap_or_default();
                assert_eq!(self.engine.put_back(&line, clock).await, Ok(back), "put back in {line}");
            }
            Step::Finish(line, user, issued) => {
                let who = self.who((line, user));
                let verdict = if issued { Verdict::Issued } else { Verdict::SoldOut };
                let has = self.lines.get_mut(&who.line).is_some_and(|line| line.finish(&who.user, verdict));
                assert_eq!(self.engine.finish(&who, verdict).await, Ok(has), "{who:?} is finished");
            }
            Step::Draw(n) => self.draw(n).await,
            Step::Wait(ms) => self.now += ms,
            Step::Figures(n) => self.figures(n).await,
        }
    }

    fn compare(
        &mut self,
        batch: &[LineUser],
        heard: Vec<Result<Standing, crate::port::HotError>>,
        mut expected: impl FnMut(&mut Line, &UserId) -> Standing,
    ) {
        assert_eq!(batch.len(), heard.len());
        for (who, heard) in batch.iter().zip(heard) {
            let expected = self.lines.get_mut(&who.line).map_or(Standing::NoLine, |line| expected(line, &who.user));
            assert_eq!(heard, Ok(expected), "{who:?}");
        }
    }

    async fn admit(&mut self, n: u8, most: usize) {
        let line = self.line(n);
        let now = Timestamp(self.now);
        let passes: Vec<Uuid> = (0..most as u128).map(|n| Uuid::from_u128(self.passes_made + n + 1)).collect();
        self.passes_made += most as u128;
        let heard = self.engine.admit(&line, passes.clone(), Clock::At(now)).await.expect("admits");
        let Some(known) = self.lines.get_mut(&line) else {
            assert_eq!((heard.admitted, heard.next_in_ms), (Vec::new(), None), "{line} is not there");
            return;
        };
        assert_eq!(heard.admitted, known.admit(&passes, now), "admitted in {line}");
        assert_eq!(heard.next_in_ms, known.next_in_ms(), "next in {line}");
    }

    /// An engine may be under way with what the rule does at once.
    async fn draw(&mut self, n: u8) {
        let line = self.line(n);
        let now = Timestamp(self.now);
        let heard = self.engine.draw(&line, Clock::At(now)).await;
        let expected = match (self.lines.get_mut(&line), &heard) {
            (None, _) => DrawStep::NotDue,
            (Some(known), Ok(DrawStep::UnderWay { .. })) => known.begin_draw(now),
            (Some(known), _) => known.draw(now),
        };
        assert_eq!(heard, Ok(expected), "draw of {line}");
        self.drawn += u32::from(matches!(expected, DrawStep::Drawn { count: 2.. }));
        self.under_way += u32::from(matches!(expected, DrawStep::UnderWay { .. }));
    }

    async fn figures(&mut self, n: u8) {
        let line = self.line(n);
        let now = Timestamp(self.now);
        let heard = self.engine.figures(&line, 3, Clock::At(now)).await;
        assert_eq!(heard, Ok(self.lines.get(&line).map(|line| line.figures(3, now))), "figures of {line}");
    }

    /// Everybody stands alike, and the lines are those that were made.
    async fn compare_all(&mut self) {
        for n in 0..=LINES {
            self.figures(n).await;
            self.step(Step::Look((0..USERS).map(|user| (n, user)).collect())).await;
        }
        let lines = self.engine.lines().await.expect("reads");
        assert!(self.lines.keys().all(|line| lines.contains(line)), "{lines:?}");
    }
}

/// Throws `histories` random histories of `steps` steps at an engine and at the rules.
///
/// Says how often draws were met.
///
/// # Panics
/// When they disagree, the history's steps are printed; when no draw was ever held.
pub async fn run<P: LinePort, Fresh: Future<Output = P>>(histories: u32, steps: usize, fresh: impl Fn() -> Fresh) {
    let mut runner = TestRunner::deterministic();
    let strategy = proptest::collection::vec(any_step(), steps);
    let (mut drawn, mut under_way) = (0, 0);
    for number in 0..histories {
        let script = strategy.new_tree(&mut runner).expect("a history").current();
        let mut history = History::new(fresh().await);
        let shown = Shown { number, history: &script };
        for step in &script {
            history.step(step.clone()).await;
        }
        history.compare_all().await;
        (drawn, under_way) = (drawn + history.drawn, under_way + history.under_way);
        std::mem::forget(shown);
    }
    println!("{histories} histories agree; draws were told as held {drawn} times, as under way {under_way} times");
    assert!(drawn > 0, "no history held a draw");
}

/// Prints the history when an assertion in it fails.
struct Shown<'a> {
    number: u32,
    history: &'a [Step],
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        eprintln!("history {}: {:?}", self.number, self.history);
    }
}
