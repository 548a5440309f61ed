//! Simulations of lines, which compare the estimates that people got with their actual waits.

use super::tests::{passes, user};
use super::*;

/// Shorter waits are not judged: there a bad estimate looks the same as a late one.
const JUDGED_SECONDS_MIN: f64 = 10.0;
pub(super) const TICK_MS: i64 = 100;
const OBSERVE_EVERY_MS: i64 = 1_000;
/// One person in this many gets an estimate at each observation.
const ESTIMATED_ONE_IN: usize = 7;

/// A person in a line, with the plan to leave and the estimates.
pub(super) struct Person {
    number: QueueNumber,
    /// The person does not poll from this moment on.
    silent_ms: Option<i64>,
    pub(super) estimates: Vec<(i64, Option<f64>)>,
    admitted_ms: Option<i64>,
}

/// A line, its observations, and all people who ever came.
pub(super) struct Played {
    line: Line,
    pub(super) outlook: Outlook,
    now_ms: i64,
    pub(super) people: Vec<Person>,
    /// Moments and people that leave the line then, the last first.
    leaving: Vec<(i64, u64)>,
    /// The forecast of people per second at each observation.
    pub(super) rates: Vec<(i64, f64)>,
    pub(super) admit_every_ms: i64,
    chance: Chance,
}

/// The same numbers each time (Steele, Lea, Flood: SplitMix64).
pub(super) struct Chance(u64);

impl Chance {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end.unsigned_abs().max(1)).cast_signed()
    }
}

/// Errors in percent of the wait, ascending.
pub(super) struct Errors(pub(super) Vec<f64>);

impl Errors {
    pub(super) fn at(&self, percent: usize) -> f64 {
        self.0[(self.0.len() - 1) * percent / 100]
    }
}

impl Played {
    pub(super) fn new(rule: LineRule) -> Self {
        Self {
            line: Line::new(rule),
            outlook: Outlook::default(),
            now_ms: 0,
            people: Vec::new(),
            leaving: Vec::new(),
            rates: Vec::new(),
            admit_every_ms: TICK_MS,
            chance: Chance(11),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms)
    }

    pub(super) fn enter(&mut self, people: usize) {
        for _ in 0..people {
            let standing = self.line.enter(&user(self.people.len() as u64), self.now());
            let LineStatus::Waiting { number, .. } = standing else { panic!("{standing:?}") };
            self.people.push(Person { number, silent_ms: None, estimates: Vec::new(), admitted_ms: None });
        }
    }

    /// Makes this percentage of the people leave before their turn at this rate, each at a random moment.
    pub(super) fn let_leave(&mut self, percent: u8, rate_per_second: f64, silently: bool) {
        for (place, person) in self.people.iter_mut().enumerate() {
            let turn_ms = (place as f64 * 1_000.0 / rate_per_second) as i64 + 1;
            if self.chance.below(100) < i64::from(percent) {
                let goes_ms = self.now_ms + self.chance.below(turn_ms);
                if silently {
                    person.silent_ms = Some(goes_ms);
                } else {
                    self.leaving.push((goes_ms, place as u64));
                }
            }
        }
        self.leaving.sort_unstable_by(|a, b| b.cmp(a));
    }

    pub(super) fn change(&mut self, change: impl FnOnce(LineRule) -> LineRule) {
        let rule = self.line.rule().clone();
        self.line.change(change(rule));
    }

    pub(super) fn play(&mut self, seconds: i64) {
        let until_ms = self.now_ms + seconds * 1_000;
        while self.now_ms < until_ms {
            self.leave();
            if self.now_ms % self.admit_every_ms == 0 {
                self.admit();
            }
            if self.now_ms % OBSERVE_EVERY_MS == OBSERVE_EVERY_MS / 2 {
                self.observe();
            }
            self.now_ms += TICK_MS;
        }
    }

    pub(super) fn play_out(&mut self) {
        while self.line.counts(0, self.now()).waiting > 0 {
            self.play(1);
        }
    }

    fn leave(&mut self) {
        while let Some((_, index)) = self.leaving.pop_if(|(at_ms, _)| *at_ms <= self.now_ms) {
            self.line.leave(&user(index), self.now());
        }
    }

    fn admit(&mut self) {
        for one in self.line.admit(&passes(2_000), self.now()) {
            let person = &mut self.people[one.number.get() as usize - 1];
            assert_eq!(person.number, one.number, "numbers are in order of entry");
            person.admitted_ms.get_or_insert(self.now_ms);
        }
    }

    /// Observes the line, lets people poll, and records estimates for some of them.
    fn observe(&mut self) {
        let now = self.now();
        let counts = self.line.counts(0, now);
        self.outlook.observe(Observation::of(self.line.rule(), &counts, now));
        let forecast = self.outlook.forecast();
        self.rates.push((self.now_ms, forecast.people_per_second));
        for (index, person) in self.people.iter_mut().enumerate() {
            let is_there = person.silent_ms.is_none_or(|at_ms| at_ms > now.millis());
            let polls = self.line.rule().abandon_after_ms > 0 || index.is_multiple_of(ESTIMATED_ONE_IN);
            if !is_there || !polls || person.admitted_ms.is_some() {
                continue;
            }
            if let LineStatus::Waiting { rank, number, .. } = self.line.check_in(&user(index as u64), now)
                && index.is_multiple_of(ESTIMATED_ONE_IN)
            {
                person.estimates.push((now.millis(), forecast.wait_seconds(rank, number, counts.serving)));
            }
        }
    }

    /// The errors of estimates from this second on, of people who still had to wait long enough.
    pub(super) fn errors_from(&self, second: i64) -> Errors {
        let mut errors = Vec::new();
        for person in &self.people {
            let Some(admitted_ms) = person.admitted_ms else { continue };
            for (at_ms, estimate) in person.estimates.iter().filter(|(at_ms, _)| *at_ms >= second * 1_000) {
                let wait_seconds = (admitted_ms - at_ms) as f64 / 1_000.0;
                if let Some(estimate) = estimate.filter(|_| wait_seconds >= JUDGED_SECONDS_MIN) {
                    errors.push((estimate - wait_seconds).abs() * 100.0 / wait_seconds);
                }
            }
        }
        errors.sort_by(f64::total_cmp);
        Errors(errors)
    }

    #[track_caller]
    pub(super) fn expect(&self, what: &str, from_second: i64, median_max: f64) {
        let errors = self.errors_from(from_second);
        let percentiles = [50, 90, 100].map(|percent| errors.at(percent));
        println!("{what}: errors in % (median, 90th percentile, worst): {percentiles:.1?}, of {}", errors.0.len());
        assert!(errors.0.len() > 1_000 && errors.at(50) <= median_max, "{what}: {percentiles:?}");
    }
}

pub(super) fn with_crowd(rule: LineRule, people: usize) -> Played {
    let mut played = Played::new(rule);
    played.enter(people);
    played
}
