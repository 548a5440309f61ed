//! Estimates of waiting times, from observations of a line while people waited in it.
//!
//! Rank divided by rate is wrong for three reasons. A line that was empty, paused or not yet open admitted few people,
//! which does not show its capacity: only spans count in which people waited throughout, at the rate in force now. Not
//! all people ahead come to their turn: the share of unused numbers is assumed to stay as it was. And a rate that has
//! not been measured yet is only a promise: the configured rate counts at first, and less with each observed second.
//!
//! Source: W. Whitt, "Improving Service by Informing Customers About Anticipated Delays", Management Science 45(2), 1999:
//! the estimate is derived from the number of people ahead and the rate of departures, including people who give up.

use super::QueueNumber;
use super::rule::LineRule;
use super::status::LineCounts;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// The busy time that is taken into account: shorter than people's patience, longer than a short pause.
const WINDOW_MS: i64 = 30_000;
/// More busy time when few people are admitted: as much as contains this many admissions,
const WINDOW_PEOPLE: i64 = 30;
/// but nothing older than this.
const WINDOW_AGE_MS_MAX: i64 = 300_000;
/// After this much busy time the configured rate counts no more.
const TRUST_MS: f64 = 10_000.0;
/// Observations closer than this are merged, so that frequent observers do not fill the memory.
const SPAN_MS_MIN: i64 = 500;
/// Observations farther apart than this are not used as a span: too much may have happened in between.
const SPAN_MS_MAX: i64 = 60_000;
/// The half-life of observations of unused queue numbers.
const UNUSED_HALF_LIFE_MS: f64 = 60_000.0;
/// The number of people who must have come to their turn before unused queue numbers are more than chance.
const CAME_AT_FIRST: f64 = 10.0;

/// The counters of a line at a moment from which its speed follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The moment of the observation.
    pub at_ms: i64,
    /// Queue numbers given so far.
    pub numbers: u64,
    /// People who wait in the line.
    pub waiting: u64,
    /// The highest queue number admitted.
    pub serving: u64,
    /// Admissions so far.
    pub admitted: u64,
    /// The admission rate in people a second; 0 while the line admits no one.
    pub rate_per_second: u32,
}

impl Observation {
    /// The observation that follows from a rule and counters at a moment.
    pub fn of(rule: &LineRule, counts: &LineCounts, now: Timestamp) -> Self {
        let is_admitting = rule.admits_at(now) && (rule.draw.is_none() || counts.drawn.is_some());
        Self {
            at_ms: now.millis(),
            numbers: counts.numbers,
            waiting: counts.waiting,
            serving: counts.serving,
            admitted: counts.admitted,
            rate_per_second: if is_admitting { rule.rate_per_second } else { 0 },
        }
    }

    /// Queue numbers whose holders have left the line.
    fn departed(&self) -> u64 {
        self.numbers.saturating_sub(self.waiting)
    }

    /// Whether neither the clock nor a counter went back.
    fn follows(&self, before: &Self) -> bool {
        self.at_ms >= before.at_ms
            && self.numbers >= before.numbers
            && self.serving >= before.serving
            && self.admitted >= before.admitted
    }

    /// Whether fewer people have left since than waited then, so that people waited throughout.
    fn was_never_empty_since(&self, before: &Self) -> bool {
        self.departed() < before.numbers
    }
}

/// The changes between two observations while people waited.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    until_ms: i64,
    length_ms: i64,
    admitted: i64,
    /// People who left the line, less those who came back.
    departed: i64,
}

/// Collects observations of a line and forecasts its speed.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    last: Option<Observation>,
    spans: VecDeque<Span>,
    /// All spans together.
    sum: Span,
    /// People who came to their turn lately, and queue numbers that were passed unused meanwhile.
    came: f64,
    unused: f64,
}

impl Outlook {
    /// Adds an observation. If a clock or a counter went back, all earlier ones are dropped.
    pub fn observe(&mut self, now: Observation) {
        let Some(before) = self.last.filter(|before| now.follows(before)) else {
            *self = Self { last: Some(now), ..Self::default() };
            return;
        };
        if before.rate_per_second != now.rate_per_second {
            // A measurement at another rate does not apply to this one.
            (self.last, self.spans, self.sum) = (Some(now), VecDeque::new(), Span::default());
            return;
        }
        let length_ms = now.at_ms.saturating_sub(before.at_ms);
        if length_ms < SPAN_MS_MIN {
            return;
        }
        self.last = Some(now);
        if now.rate_per_second > 0 && length_ms <= SPAN_MS_MAX && now.was_never_empty_since(&before) {
            self.note(&before, &now, length_ms);
        }
        self.forget(now.at_ms);
    }

    fn note(&mut self, before: &Observation, now: &Observation, length_ms: i64) {
        let admitted = (now.admitted - before.admitted).cast_signed();
        let departed = now.departed().cast_signed() - before.departed().cast_signed();
        self.spans.push_back(Span { until_ms: now.at_ms, length_ms, admitted, departed });
        self.sum.length_ms += length_ms;
        self.sum.admitted += admitted;
        self.sum.departed += departed;
        let passed = (now.serving - before.serving).cast_signed();
        let kept = 0.5f64.powf(length_ms as f64 / UNUSED_HALF_LIFE_MS);
        self.came = self.came * kept + admitted as f64;
        // People who were put back, or came back, are admitted without a new queue number being passed.
        self.unused = (self.unused * kept + (passed - admitted) as f64).max(0.0);
    }

    fn forget(&mut self, now_ms: i64) {
        while let Some(first) = self.spans.front() {
            let is_old = first.until_ms < now_ms.saturating_sub(WINDOW_AGE_MS_MAX);
            let is_dispensable = self.sum.length_ms - first.length_ms >= WINDOW_MS
                && self.sum.admitted - first.admitted >= WINDOW_PEOPLE;
            if !is_old && !is_dispensable {
                return;
            }
            self.sum.length_ms -= first.length_ms;
            self.sum.admitted -= first.admitted;
            self.sum.departed -= first.departed;
            self.spans.pop_front();
        }
    }

    /// The forecast from now on.
    pub fn forecast(&self) -> Forecast {
        let configured = f64::from(self.last.map_or(0, |last| last.rate_per_second));
        let seen_ms = self.sum.length_ms as f64;
        // A person who was put back is admitted twice, but leaves the line only once.
        let gone = self.sum.admitted.min(self.sum.departed).max(0) as f64;
        let measured = if seen_ms > 0.0 { (gone * 1_000.0 / seen_ms).min(configured) } else { configured };
        let trust = (seen_ms / TRUST_MS).min(1.0);
        let people_per_second = measured * trust + configured * (1.0 - trust);
        let numbers_per_person = 1.0 + self.unused / (self.came + CAME_AT_FIRST);
        Forecast { people_per_second, numbers_per_second: people_per_second * numbers_per_person }
    }
}

#[cfg(test)]
impl Outlook {
    pub(super) fn spans_kept(&self) -> usize {
        self.spans.len()
    }
}

/// The expected speed of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forecast {
    /// People a second; 0 while the line admits no one and the next admission is unknown.
    pub people_per_second: f64,
    /// Queue numbers a second. This is higher, since some people ahead will not come to their turn.
    pub numbers_per_second: f64,
}

impl Forecast {
    /// The seconds until a person with this number and rank is admitted, while the line serves `serving`; `None` while
    /// that is unknown.
    ///
    /// At most the time that it would take if all people ahead came to their turn. A person ahead of `serving` (passed
    /// over, and back) waits only for people of a better rank.
    pub fn wait_seconds(&self, rank: u64, number: QueueNumber, serving: u64) -> Option<f64> {
        if self.people_per_second <= 0.0 {
            return None;
        }
        let by_rank = rank as f64 / self.people_per_second;
        let by_number = number.get().checked_sub(serving).filter(|ahead| *ahead > 0);
        Some(by_number.map_or(by_rank, |ahead| by_rank.min(ahead as f64 / self.numbers_per_second)))
    }
}
