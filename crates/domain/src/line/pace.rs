//! The number of people who may be admitted now: a token bucket, and never more than the rate in any second (GATE-003,
//! QUEUE-005).
//!
//! The bucket spreads people over the second when the interval is shorter. Alone it would admit a burst plus the rate within
//! one second; the count of the last second prevents that. A caller that calls when [`Pace::next_in_ms`] says loses no
//! admissions. Admissions missed by a late call are lost, since making up for them would exceed the rate.

use super::rule::LineRule;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// A person in thousandths, so that the rate gives a whole number in a millisecond.
const PERSON: u64 = 1_000;
const SECOND_MS: i64 = 1_000;
/// Admissions are recorded in steps of this many milliseconds, rounded up: a second has at most five hundred records.
const NOTE_MS: i64 = 2;
/// A clock that goes back by at most this is taken to stand still; by more, to have been set.
const CLOCK_SLACK_MS: i64 = 1_000;

/// The state of a line's admission rate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Thousandths of a person that may be admitted, as of `at_ms`; none before the first call.
    credit: Option<u64>,
    at_ms: i64,
    /// The admissions of the last second: moment and number.
    recent: VecDeque<(i64, u32)>,
}

impl Pace {
    /// The state after a restart. The admissions of the last second are unknown, so it counts as fully used.
    pub fn unknown(rule: &LineRule, now: Timestamp) -> Self {
        let now_ms = now.millis();
        Self { credit: Some(0), at_ms: now_ms, recent: VecDeque::from([(now_ms, rule.rate_per_second)]) }
    }

    /// Whether the clock was set back since the last call.
    pub fn was_set_back(&self, now: Timestamp) -> bool {
        self.at_ms - now.millis() > CLOCK_SLACK_MS
    }

    /// The number of people who may be admitted now.
    pub fn may_go(&mut self, rule: &LineRule, now: Timestamp) -> u32 {
        let rate = u64::from(rule.rate_per_second);
        let burst = (rate * u64::from(rule.interval_ms)).max(PERSON);
        let mut now_ms = now.millis();
        if now_ms < self.at_ms {
            if self.was_set_back(now) {
                *self = Self::unknown(rule, now);
            } else {
                now_ms = self.at_ms;
            }
        }
        let elapsed_ms = (now_ms - self.at_ms).unsigned_abs();
        let credit = match self.credit {
            Some(credit) => credit.saturating_add(rate.saturating_mul(elapsed_ms)).min(burst),
            None => burst,
        };
        self.credit = Some(credit);
        self.at_ms = now_ms;
        while self.recent.front().is_some_and(|(at_ms, _)| *at_ms <= now_ms - SECOND_MS) {
            self.recent.pop_front();
        }
        u32::try_from((credit / PERSON).min(rate.saturating_sub(self.last_second()))).unwrap_or(u32::MAX)
    }

    fn last_second(&self) -> u64 {
        self.recent.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// Milliseconds from the last call until the next person may be admitted; `None` while the rate is 0.
    pub fn next_in_ms(&self, rule: &LineRule) -> Option<u64> {
        let rate = u64::from(rule.rate_per_second);
        if rate == 0 {
            return None;
        }
        let earned_in_ms = PERSON.saturating_sub(self.credit.unwrap_or(PERSON)).div_ceil(rate);
        let (mut last_second, mut free_at_ms) = (self.last_second(), self.at_ms);
        for (at_ms, count) in &self.recent {
            if last_second < rate {
                break;
            }
            last_second -= u64::from(*count);
            free_at_ms = at_ms + SECOND_MS;
        }
        Some(earned_in_ms.max((free_at_ms - self.at_ms).unsigned_abs()))
    }

    /// Records admissions, at most the number that [`Pace::may_go`] has just returned.
    pub fn record(&mut self, count: u32) {
        if count == 0 {
            return;
        }
        self.credit = self.credit.map(|credit| credit.saturating_sub(u64::from(count) * PERSON));
        let noted_ms = (self.at_ms + NOTE_MS - 1).div_euclid(NOTE_MS) * NOTE_MS;
        match self.recent.back_mut() {
            Some((at_ms, before)) if *at_ms >= noted_ms => *before += count,
            _ => self.recent.push_back((noted_ms, count)),
        }
    }
}
