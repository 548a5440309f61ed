//! One suite for every engine of lines: random histories on the engine and on [`domain::line::Line`] must give equal replies.
//!
//! A new engine calls [`run`] with a function that makes an empty engine, [`run_changers`] with several handles of one
//! engine, and [`run_ends`]. [`run_calls`] checks what calls leave.

mod calls;
mod changers;
mod ends;
mod steps;

pub use calls::run_calls;
pub use changers::run_changers;
pub use ends::run_ends;

use super::Histories;
use crate::line::{Clock, Entrant, LinePort, LineUser, RuleChange};
use domain::line::{DrawPlan, DrawStep, Entries, Line, LineId, LineOutcome, LineRule, LineStatus, ValueOutcome};
use domain::{CampaignId, EventName, Network, NetworkPrefixes, PassId, TenantName, Timestamp, UserId};
use proptest::strategy::{Strategy, ValueTree};
use std::collections::BTreeMap;
use std::future::Future;
use steps::{LINES, Step, USERS, any_step};
use uuid::Uuid;

/// A history as it runs on both sides.
struct History<P> {
    engine: P,
    names: String,
    lines: BTreeMap<LineId, Line>,
    begun: i64,
    now: i64,
    /// A line's rule as it was read earlier.
    read: BTreeMap<u8, LineRule>,
    passes_made: u128,
    /// Replies that a draw of two or more entries was held or under way.
    drawn: u32,
    under_way: u32,
    /// Values of public randomness that were kept.
    values: u32,
    /// Changes that were made from an older rule.
    refused: u32,
    met: Met,
    /// Newcomers who went straight through, and passes that were renewed.
    straight: u32,
    renewed: u32,
}

/// What was met of presence.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    late: usize,
    too_many: usize,
    forgotten: usize,
}

impl Met {
    fn note(&mut self, status: LineStatus) {
        self.late += usize::from(matches!(status, LineStatus::Waiting { is_late: true, .. }));
        self.too_many += usize::from(status == LineStatus::TooMany);
    }

    fn add(&mut self, other: Self) {
        self.late += other.late;
        self.too_many += other.too_many;
        self.forgotten += other.forgotten;
    }
}

fn any_network(n: u8) -> Option<Network> {
    let address = std::net::Ipv4Addr::new(203, 0, 113, n);
    (n > 0).then(|| NetworkPrefixes::default().network(address.into()))
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
            read: BTreeMap::new(),
            passes_made: 0,
            drawn: 0,
            under_way: 0,
            values: 0,
            refused: 0,
            met: Met::default(),
            straight: 0,
            renewed: 0,
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

    /// The rule with its times from the history's beginning.
    fn begun(&self, rule: LineRule) -> LineRule {
        let opens_at = rule.opens_at.map(|after| Timestamp(self.begun + after.millis()));
        let draw = rule.draw.map(|plan| {
            let closes_at = plan.closes_at.map(|after| Timestamp(self.begun + after.millis()));
            DrawPlan { closes_at, ..plan }
        });
        LineRule { opens_at, draw, ..rule }
    }

    async fn make(&mut self, n: u8, rule: LineRule) {
        let (line, rule) = (self.line(n), self.begun(rule));
        self.engine.make_line(&line, rule.clone()).await.expect("makes");
        self.lines.entry(line).or_insert_with(|| Line::new(rule));
    }

    async fn read(&mut self, n: u8) {
        let line = self.line(n);
        let rule = self.lines.get(&line).map(|known| known.rule().clone());
        assert_eq!(self.engine.rule(&line).await, Ok(rule.clone()), "the rule of {line}");
        self.read.extend(rule.map(|rule| (n, rule)));
    }

    async fn change_as_read(&mut self, n: u8, rule: LineRule) {
        let (line, rule) = (self.line(n), self.begun(rule));
        let revision = self.read.get(&n).map_or(0, |read| read.revision);
        let rule = LineRule { revision, ..rule };
        let heard = self.engine.change_rule(&line, rule.clone()).await;
        let expected = self.lines.get_mut(&line).map_or(RuleChange::NoLine, |known| {
            let told = if known.change(rule) { RuleChange::Made } else { RuleChange::Conflict };
            told(known.rule().clone())
        });
        self.refused += u32::from(matches!(expected, RuleChange::Conflict(_)));
        assert_eq!(heard, Ok(expected), "the rule of {line} is changed");
    }

    async fn step(&mut self, step: Step) {
        let now = Timestamp(self.now);
        let clock = Clock::At(now);
        match step {
            Step::Put(n, rule) => {
                if !self.lines.contains_key(&self.line(n)) {
                    return self.make(n, rule).await;
                }
                let earlier = self.read.get(&n).cloned();
                self.read(n).await;
                self.change_as_read(n, rule).await;
                self.read.extend(earlier.map(|earlier| (n, earlier)));
            }
            Step::Make(n, rule) => self.make(n, rule).await,
            Step::Read(n) => self.read(n).await,
            Step::ChangeAsRead(n, rule) => self.change_as_read(n, rule).await,
            Step::Enter(batch) => {
                let entrant = |(who, network)| Entrant { who: self.who(who), network: any_network(network) };
                let batch: Vec<Entrant> = batch.into_iter().map(entrant).collect();
                let heard = self.engine.enter_from(batch.clone(), clock).await;
                self.compare(&batch, heard, |line, one| line.enter_from(&one.who.user, one.network, now));
            }
            Step::Look(batch) => {
                let batch: Vec<Entrant> = batch.into_iter().map(|who| self.who(who).into()).collect();
                let heard = self.engine.check_in(batch.iter().map(|one| one.who.clone()).collect(), clock).await;
                self.compare(&batch, heard, |line, one| line.check_in(&one.who.user, now));
            }
            Step::Leave(line, user) => {
                let who = self.who((line, user));
                let left = self.lines.get_mut(&who.line).is_some_and(|line| line.leave(&who.user, now));
                assert_eq!(self.engine.leave(&who, clock).await, Ok(left), "{who:?} leaves");
            }
            Step::Admit(n, most) => self.admit(n, most).await,
            Step::Newcomer(line, user) => self.newcomer((line, user)).await,
            Step::Renew(line, user) => {
                let who = self.who((line, user));
                let renewed = self.lines.get_mut(&who.line).and_then(|line| line.renew(&who.user, now));
                self.renewed += u32::from(renewed.is_some());
                assert_eq!(self.engine.renew(&who, clock).await, Ok(renewed), "{who:?} uses the pass");
            }
            Step::PutBack(n) => {
                let line = self.line(n);
                let back = self.lines.get_mut(&line).map(|line| line.put_back(now)).unwrap_or_default();
                assert_eq!(self.engine.put_back(&line, clock).await, Ok(back), "put back in {line}");
            }
            Step::PutAllBack(n) => {
                let line = self.line(n);
                let back = self.lines.get_mut(&line).map(|line| line.put_all_back(now)).unwrap_or_default();
                assert_eq!(self.engine.put_all_back(&line, clock).await, Ok(back), "all are put back in {line}");
            }
            Step::Finish(line, user, issued) => {
                let who = self.who((line, user));
                let outcome = if issued { LineOutcome::Issued } else { LineOutcome::SoldOut };
                let has = self.lines.get_mut(&who.line).is_some_and(|line| line.finish(&who.user, outcome));
                assert_eq!(self.engine.finish(&who, outcome).await, Ok(has), "{who:?} is finished");
            }
            Step::Draw(n) => self.draw(n).await,
            Step::Value(n, value) => self.give_value(n, &value).await,
            Step::Wait(ms) => self.now += ms,
            Step::LineCounts(n) => self.counts(n).await,
        }
    }

    fn compare(
        &mut self,
        batch: &[Entrant],
        heard: Vec<Result<LineStatus, crate::port::HotError>>,
        mut expected: impl FnMut(&mut Line, &Entrant) -> LineStatus,
    ) {
        assert_eq!(batch.len(), heard.len());
        for (one, heard) in batch.iter().zip(heard) {
            let expected = self.lines.get_mut(&one.who.line).map_or(LineStatus::NoLine, |line| expected(line, one));
            self.met.note(expected);
            assert_eq!(heard, Ok(expected), "{one:?}");
        }
    }

    async fn admit(&mut self, n: u8, most: usize) {
        let line = self.line(n);
        let now = Timestamp(self.now);
        let passes: Vec<PassId> =
            (0..most as u128).map(|n| PassId(Uuid::from_u128(self.passes_made + n + 1))).collect();
        self.passes_made += most as u128;
        let heard = self.engine.admit(&line, passes.clone(), Clock::At(now)).await.expect("admits");
        let Some(known) = self.lines.get_mut(&line) else {
            assert_eq!((heard.admitted, heard.next_in_ms), (Vec::new(), None), "{line} is not there");
            return;
        };
        self.met.forgotten += known.forget(now).len();
        assert_eq!(heard.admitted, known.admit(&passes, now), "admitted in {line}");
        assert_eq!(heard.next_in_ms, known.next_in_ms(), "next in {line}");
    }

    async fn newcomer(&mut self, who: (u8, u8)) {
        let (who, now) = (self.who(who), Timestamp(self.now));
        self.passes_made += 1;
        let pass = PassId(Uuid::from_u128(self.passes_made));
        let expected = self.lines.get_mut(&who.line).and_then(|line| line.admit_newcomer(&who.user, pass, now));
        self.straight += u32::from(expected.is_some());
        // As every admission does.
        if let (Some(_), Some(line)) = (expected, self.lines.get_mut(&who.line)) {
            self.met.forgotten += line.forget(now).len();
        }
        assert_eq!(self.engine.admit_newcomer(&who, pass, Clock::At(now)).await, Ok(expected), "{who:?} comes");
    }

    /// An engine may still be drawing, which the rules do at once.
    async fn draw(&mut self, n: u8) {
        let line = self.line(n);
        let now = Timestamp(self.now);
        let heard = self.engine.draw(&line, Clock::At(now)).await;
        let expected = match (self.lines.get_mut(&line), &heard) {
            (None, _) => DrawStep::NotDue,
            // The list of the entries is frozen by any call that finds the draw closed.
            (Some(known), Ok(DrawStep::UnderWay { .. })) => known.freeze(&line, now),
            (Some(known), _) => known.draw(&line, now),
        };
        assert_eq!(heard, Ok(expected), "draw of {line}");
        self.drawn += u32::from(matches!(expected, DrawStep::Drawn { count: 2.. }));
        self.under_way += u32::from(matches!(expected, DrawStep::UnderWay { .. }));
    }

    async fn give_value(&mut self, n: u8, value: &[u8]) {
        let line = self.line(n);
        let expected = self.lines.get_mut(&line).map_or(ValueOutcome::NotAwaited, |known| known.give_draw_value(value));
        assert_eq!(self.engine.give_draw_value(&line, value).await, Ok(expected), "value of {line}");
        self.values += u32::from(expected == ValueOutcome::Kept && !value.is_empty());
    }

    /// The published list of a draw's entries, whole and in part.
    async fn entries(&mut self, n: u8) {
        let line = self.line(n);
        let entries = self.lines.get(&line).and_then(|known| known.entries());
        for (first, most) in [(1, u32::MAX), (2, 3)] {
            let part = |entries: &std::sync::Arc<Entries>| {
                entries.hashes().iter().skip(first as usize - 1).take(most as usize).copied().collect()
            };
            let heard = self.engine.draw_entries(&line, first, most).await;
            assert_eq!(heard, Ok(entries.map(part)), "entries of {line}");
        }
    }

    async fn counts(&mut self, n: u8) {
        let line = self.line(n);
        let now = Timestamp(self.now);
        let heard = self.engine.counts(&line, 3, Clock::At(now)).await;
        assert_eq!(heard, Ok(self.lines.get(&line).map(|line| line.counts(3, now))), "figures of {line}");
    }

    /// All users have equal statuses, and the lines are those that were created.
    async fn compare_all(&mut self) {
        for n in 0..=LINES {
            self.counts(n).await;
            self.read(n).await;
            self.entries(n).await;
            self.step(Step::Look((0..USERS).map(|user| (n, user)).collect())).await;
        }
        let lines = self.engine.lines().await.expect("reads");
        assert!(self.lines.keys().all(|line| lines.contains(line)), "{lines:?}");
    }
}

/// Plays random histories on an engine and on the rules.
///
/// Prints how often draws were met.
///
/// # Panics
/// When they disagree, with the steps of the history; when no draw was ever held, or no change ever refused.
pub async fn run<P: LinePort, Fresh: Future<Output = P>>(histories: Histories, fresh: impl Fn() -> Fresh) {
    let mut runner = histories.runner();
    let strategy = proptest::collection::vec(any_step(), histories.steps);
    let (mut drawn, mut under_way, mut refused, mut values, mut met) = (0, 0, 0, 0, Met::default());
    let (mut straight, mut renewed) = (0, 0);
    for number in 0..histories.count {
        let script = strategy.new_tree(&mut runner).expect("a history").current();
        let mut history = History::new(fresh().await);
        let shown = Shown { number, history: &script };
        for step in &script {
            history.step(step.clone()).await;
        }
        history.compare_all().await;
        (drawn, under_way) = (drawn + history.drawn, under_way + history.under_way);
        (refused, values) = (refused + history.refused, values + history.values);
        met.add(history.met);
        (straight, renewed) = (straight + history.straight, renewed + history.renewed);
        std::mem::forget(shown);
    }
    println!(
        "{} histories agree; draws were told as held {drawn} times, as under way {under_way} times",
        histories.count
    );
    println!("{refused} changes were made from older rules; {values} values were kept");
    println!("{met:?}");
    assert!(met.late > 0 && met.too_many > 0 && met.forgotten > 0, "nobody was late, refused, or forgotten: {met:?}");
    println!("{straight} newcomers went straight through; {renewed} passes were renewed");
    assert!(straight > 0 && renewed > 0, "no history let a newcomer through, or renewed a pass");
    assert!(drawn > 0 && refused > 0 && values > 0, "no history held a draw, gave a value, or had two change a rule");
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
