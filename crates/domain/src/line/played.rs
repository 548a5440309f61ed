//! Lines played through in simulated time: what people were told, held against the wait that followed.

use super::tests::{passes, user};
use super::*;

/// Who waits for less cannot tell a bad estimate from a late one.
const JUDGED_SECONDS_MIN: f64 = 10.0;
pub(super) const TICK_MS: i64 = 100;
const LOOK_EVERY_MS: i64 = 1_000;
/// Every so manieth person is asked at each look, beside being heard of.
const ASKED: usize = 7;

/// Somebody in a line, and what that person means to do.
pub(super) struct Person {
    ticket: u64,
    /// Is not heard of any more from then on.
    silent_ms: Option<i64>,
    pub(super) told: Vec<(i64, Option<f64>)>,
    admitted_ms: Option<i64>,
}

/// A line, the looks at it, and everybody who ever came.
pub(super) struct Played {
    line: Line,
    pub(super) outlook: Outlook,
    now_ms: i64,
    pub(super) people: Vec<Person>,
    /// Who gives the place up when, the last first.
    leaving: Vec<(i64, u64)>,
    /// People per second foretold at each look.
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
            let LineStatus::Waiting { ticket, .. } = standing else { panic!("{standing:?}") };
            self.people.push(Person { ticket, silent_ms: None, told: Vec::new(), admitted_ms: None });
        }
    }

    /// So many percent of those who are there will go before their turn at this rate, each at some moment.
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
            if self.now_ms % LOOK_EVERY_MS == LOOK_EVERY_MS / 2 {
                self.look();
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
        while let Some((_, number)) = self.leaving.pop_if(|(at_ms, _)| *at_ms <= self.now_ms) {
            self.line.leave(&user(number), self.now());
        }
    }

    fn admit(&mut self) {
        for one in self.line.admit(&passes(2_000), self.now()) {
            let person = &mut self.people[one.ticket as usize - 1];
            assert_eq!(person.ticket, one.ticket, "tickets are in order of entry");
            person.admitted_ms.get_or_insert(self.now_ms);
        }
    }

    /// The line is looked at, whoever has to be heard of is, and some are told how long it will take.
    fn look(&mut self) {
        let now = self.now();
        let figures = self.line.counts(0, now);
        self.outlook.observe(Observation::of(self.line.rule(), &figures, now));
        let forecast = self.outlook.forecast();
        self.rates.push((self.now_ms, forecast.people_per_second));
        for (number, person) in self.people.iter_mut().enumerate() {
            let is_there = person.silent_ms.is_none_or(|at_ms| at_ms > now.millis());
            let is_heard = self.line.rule().abandon_after_ms > 0 || number.is_multiple_of(ASKED);
            if !is_there || !is_heard || person.admitted_ms.is_some() {
                continue;
            }
            if let LineStatus::Waiting { rank, ticket, .. } = self.line.check_in(&user(number as u64), now)
                && number.is_multiple_of(ASKED)
            {
                person.told.push((now.millis(), forecast.wait_seconds(rank, ticket, figures.serving)));
            }
        }
    }

    /// The errors of what was told from that second on to people who still waited for long enough.
    pub(super) fn errors_from(&self, second: i64) -> Errors {
        let mut errors = Vec::new();
        for person in &self.people {
            let Some(admitted_ms) = person.admitted_ms else { continue };
            for (at_ms, told) in person.told.iter().filter(|(at_ms, _)| *at_ms >= second * 1_000) {
                let wait_seconds = (admitted_ms - at_ms) as f64 / 1_000.0;
                if let Some(told) = told.filter(|_| wait_seconds >= JUDGED_SECONDS_MIN) {
                    errors.push((told - wait_seconds).abs() * 100.0 / wait_seconds);
                }
            }
        }
        errors.sort_by(f64::total_cmp);
        Errors(errors)
    }

    #[track_caller]
    pub(super) fn expect(&self, what: &str, from_second: i64, median_max: f64) {
        let errors = self.errors_from(from_second);
        let figures = [50, 90, 100].map(|percent| errors.at(percent));
        println!("{what}: {figures:.1?} % off in the middle, of nine in ten, at worst, of {}", errors.0.len());
        assert!(errors.0.len() > 1_000 && errors.at(50) <= median_max, "{what}: {figures:?}");
    }
}

pub(super) fn with_crowd(rule: LineRule, people: usize) -> Played {
    let mut played = Played::new(rule);
    played.enter(people);
    played
}
