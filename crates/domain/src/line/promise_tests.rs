//! What a line promises, over random lives of lines and random paces of callers.

use super::tests::{PASSES, passes, rank, rule, user};
use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What may happen in a line, of few people so that it meets.
#[derive(Clone, Copy, Debug)]
enum Step {
    Enter(u64),
    Observation(u64),
    Leave(u64),
    Finish(u64),
    Admit(usize),
    PutBack,
    BeginDraw,
    Draw,
    Wait(i64),
    Restart,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u64..20).prop_map(Step::Enter),
        3 => (0u64..20).prop_map(Step::Observation),
        1 => (0u64..20).prop_map(Step::Leave),
        1 => (0u64..20).prop_map(Step::Finish),
        4 => (0usize..9).prop_map(Step::Admit),
        1 => Just(Step::PutBack),
        1 => Just(Step::BeginDraw),
        2 => Just(Step::Draw),
        4 => (0i64..700).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

fn any_rule() -> impl Strategy<Value = LineRule> {
    let admits = prop_oneof![
        (1u32..4_000).prop_map(|ttl_ms| Admits::Pass { ttl_ms }),
        (1u32..2_000, 0u32..4)
            .prop_map(|(stale_after_ms, put_back_max)| Admits::Processing { stale_after_ms, put_back_max }),
    ];
    // In every second line there is a draw, some time after the beginning.
    let draw = proptest::option::of((any::<[u8; 32]>(), 0i64..3_000, any::<bool>()));
    let presence = (0u32..1_500, 0u32..2_000, 0u32..4_000);
    (0u32..8, 1u32..3_000, 1u32..12, admits, 0u32..5, presence, draw).prop_map(
        |(rate_per_second, interval_ms, capacity, admits, inside_max, presence, draw)| LineRule {
            interval_ms,
            capacity,
            inside_max,
            abandon_after_ms: presence.0,
            return_ms: presence.1,
            remember_ms: presence.2,
            draw: draw.map(|(seed, closes_in, is_earlier)| match is_earlier {
                true => DrawPlan::of_earlier_version(DrawSeed(seed)),
                false => DrawPlan::new(DrawSeed(seed), Timestamp(BEGUN + closes_in), Randomness::None),
            }),
            opens_at: draw.map(|(_, opens_in, _)| Timestamp(BEGUN + opens_in)),
            ..rule(rate_per_second, admits)
        },
    )
}

/// The lowest number in the line.
fn first_of(line: &Line) -> Option<QueueNumber> {
    [Stands::There, Stands::Back].into_iter().filter_map(|as_who| line.order.first(as_who)).min()
}

/// When histories begin.
const BEGUN: i64 = 1_000_000;

/// A line and what is known of it from outside.
struct Watched {
    line: Line,
    now: i64,
    admissions: Vec<(i64, usize)>,
    shown: BTreeMap<QueueNumber, u64>,
    numbers: u64,
}

impl Watched {
    fn new(rule: LineRule) -> Self {
        Self { line: Line::new(rule), now: BEGUN, admissions: Vec::new(), shown: BTreeMap::new(), numbers: 0 }
    }

    fn step(&mut self, step: Step) {
        let now = Timestamp(self.now);
        match step {
            Step::Enter(n) => {
                let standing = self.line.enter(&user(n), now);
                self.saw(n, standing);
            }
            Step::Observation(n) => {
                let before = self.line.glance(&user(n), now);
                let standing = self.line.check_in(&user(n), now);
                let is_late = matches!(standing, LineStatus::Waiting { is_late: true, .. });
                assert!(is_late || rank(standing) <= rank(before), "a check-in shows no worse rank than a glance");
                self.saw(n, standing);
            }
            Step::Leave(n) => drop(self.line.leave(&user(n), now)),
            Step::Finish(n) => drop(self.line.finish(&user(n), LineOutcome::Issued)),
            Step::Admit(most) => self.admit(most),
            Step::PutBack => drop(self.line.put_back(now)),
            Step::BeginDraw => drop(self.line.begin_draw(now)),
            Step::Draw => self.draw(),
            Step::Wait(ms) => self.now += ms,
            Step::Restart => self.restart(),
        }
        self.check();
    }

    /// A rank once shown never gets worse, and a queue number is given once.
    fn saw(&mut self, n: u64, standing: LineStatus) {
        let (number, is_new) = match standing {
            LineStatus::Waiting { number, is_new, .. } => (number, is_new),
            LineStatus::Drawing { entry, is_new } => (entry, is_new),
            _ => return,
        };
        if is_new {
            self.numbers += 1;
            assert_eq!(number.get(), self.numbers, "in order of entry");
        }
        let Some(rank) = rank(standing) else { return };
        let best = self.shown.entry(number).or_insert(rank);
        assert!(rank <= *best, "user {n} was shown {best} and now {rank}");
        *best = rank;
    }

    /// Never more than the rate in any second, never more than there is room, and in order.
    fn admit(&mut self, most: usize) {
        let first = first_of(&self.line);
        self.line.pass_over(Timestamp(self.now));
        let back: BTreeSet<QueueNumber> = self
            .line
            .places
            .values()
            .filter(|place| place.state == State::Returned)
            .map(|place| place.number)
            .collect();
        self.line.forget(Timestamp(self.now));
        let admitted = self.line.admit(&passes(most), Timestamp(self.now));
        for is_back in [false, true] {
            let numbers = admitted.iter().map(|one| one.number).filter(|number| back.contains(number) == is_back);
            assert!(numbers.is_sorted(), "people who are back are in order among themselves, and so are the others");
        }
        if self.line.rule.abandon_after_ms == 0 && !admitted.is_empty() {
            assert_eq!(admitted.first().map(|one| one.number), first, "the order is kept");
        }
        self.admissions.push((self.now, admitted.len()));
        let second: usize =
            self.admissions.iter().filter(|(at, _)| *at > self.now - 1_000).map(|(_, count)| count).sum();
        assert!(second <= self.line.rule.rate_per_second as usize, "{second} in a second");
        let counts_now = self.line.counts(0, Timestamp(self.now));
        let inside = counts_now.inside + counts_now.processing;
        assert!(self.line.rule.inside_max == 0 || inside <= u64::from(self.line.rule.inside_max));
    }

    /// People are in drawn order, late ones follow, and no one is lost.
    fn draw(&mut self) {
        let users = |line: &Line| -> BTreeMap<QueueNumber, UserId> {
            line.places.iter().map(|(user, place)| (line.entry_of(place.number), user.clone())).collect()
        };
        let (before, was) = (users(&self.line), self.line.begin_draw(Timestamp(self.now)));
        let step = self.line.draw(&"gate:shoes".parse().expect("valid"), Timestamp(self.now));
        assert_eq!(users(&self.line), before, "the same people with the same entries");
        let key = self.line.rule.draw.as_ref().and_then(DrawPlan::order_key);
        let (DrawStep::UnderWay { count }, Some(key)) = (was, key) else {
            return assert_eq!(step, was, "once drawn nothing changes, and before the opening nothing is drawn");
        };
        assert_eq!((step, self.line.drawn()), (DrawStep::Drawn { count }, Some(count)));
        let order = drawn_order(&key, count)
            .into_iter()
            .map(u64::from)
            .chain(u64::from(count) + 1..=self.numbers)
            .map(QueueNumber);
        let entries: Vec<QueueNumber> =
            (1..=self.numbers).map(|number| self.line.entry_of(QueueNumber(number))).collect();
        assert_eq!(entries, order.collect::<Vec<_>>());
        let gone: Vec<u64> =
            (1..=self.numbers).filter(|number| !before.contains_key(&entries[*number as usize - 1])).collect();
        let ranges = self.line.counts(99, Timestamp(self.now)).gone;
        assert_eq!(ranges.into_iter().flat_map(|(first, last)| first..=last).collect::<Vec<_>>(), gone);
    }

    fn restart(&mut self) {
        let mut places: Vec<RestoredPlace> = self
            .line
            .places
            .iter()
            .map(|(user, place)| RestoredPlace {
                user: user.clone(),
                number: self.line.entry_of(place.number),
                state: place.state,
                network: place.network,
            })
            .collect();
        places.sort_by_key(|place| place.number);
        let counts_now = self.line.counts(0, Timestamp(self.now));
        let kept = RestoredLine {
            rule: self.line.rule.clone(),
            numbers: counts_now.numbers,
            serving: counts_now.serving,
            admitted: counts_now.admitted,
            entrants: counts_now.entrants,
            entries: self.line.entries().cloned(),
            drawn: counts_now.drawn,
        };
        let restored = Line::restore(kept, places, Timestamp(self.now));
        let (before, after) = (self.line.counts(99, Timestamp(self.now)), restored.counts(99, Timestamp(self.now)));
        // A queue number given up before it was served and one passed over since are the same to all who still wait.
        assert_eq!(before, after);
        assert!(
            (1..=before.numbers).map(QueueNumber).all(|number| self.line.entry_of(number) == restored.entry_of(number))
        );
        // Absence is not restored: a person who was absent precedes people who were shown a rank without them.
        if self.line.rule.abandon_after_ms > 0 {
            self.shown.clear();
        }
        self.line = restored;
    }

    fn check(&self) {
        let waiting: Vec<QueueNumber> =
            (1..=self.line.order.numbers()).map(QueueNumber).filter(|t| self.line.order.stands_at(*t)).collect();
        assert_eq!(waiting.len() as u64, self.line.order.waiting());
        assert_eq!(waiting.first().copied(), first_of(&self.line));
        for (place, number) in waiting.iter().enumerate() {
            assert_eq!(self.line.order.rank(*number), place as u64 + 1);
        }
        assert!(!self.line.is_undrawn() || self.line.places.values().all(|place| place.state == State::Waiting));
        let mut counts = (0, 0, 0);
        for place in self.line.places.values() {
            match place.state {
                State::Inactive => counts.0 += 1,
                State::Processing { .. } => counts.1 += 1,
                State::Finished(_) => counts.2 += 1,
                State::Waiting | State::Returned | State::Inside(_) => {}
            }
        }
        let counts_now = self.line.counts(0, Timestamp(self.now));
        assert_eq!(counts, (counts_now.inactive, counts_now.processing, counts_now.finished));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn lines_keep_their_promises(rule in any_rule(), steps in proptest::collection::vec(any_step(), 1..50)) {
        let mut watched = Watched::new(rule);
        for step in steps {
            watched.step(step);
        }
    }

    #[test]
    fn a_caller_that_calls_in_time_loses_no_admissions(rate in 1u32..2_000, interval_ms in 1u32..3_000, late in proptest::collection::vec(0i64..3, 300..400)) {
        let mut pace = Pace::default();
        let rule = LineRule { interval_ms, ..rule(rate, PASSES) };
        let (mut now, mut admitted_count, mut lateness) = (0, 0u64, 0);
        for late in &late {
            let may = pace.may_go(&rule, Timestamp(now));
            pace.record(may);
            admitted_count += u64::from(may);
            // A call may be two milliseconds late, and admissions are noted in steps of two.
            now += pace.next_in_ms(&rule).expect("the rate is not 0") as i64 + late;
            lateness += late + 2;
        }
        let due = u64::from(rate) * now as u64 / 1_000;
        prop_assert!(admitted_count <= due + u64::from(rate), "{admitted_count} of {due}");
        let lost = u64::from(rate) * lateness as u64 / 1_000 + 2 * u64::from(rate) * u64::from(interval_ms.min(1_000)) / 1_000 + 2;
        prop_assert!(admitted_count + lost >= due, "{admitted_count} of {due}");
    }
}
