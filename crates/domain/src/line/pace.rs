//! How many may go now: a token bucket, and never more than the rate in any second (GATE-003, QUEUE-005).
//!
//! The bucket spreads people over the second where the interval is shorter than one. It alone would let a burst and the
//! rate through within one second; the look at the last second closes that. Whoever calls when [`Pace::next_in_ms`] says
//! loses nothing; what a late call could have let through is lost, for nobody may make up for it above the rate.

use super::rule::LineRule;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// Thousandths of a person: what the rate gives in a millisecond is whole.
const PERSON: u64 = 1_000;
const SECOND_MS: i64 = 1_000;
/// Admissions are noted in steps of so many milliseconds, rounded up: a second has five hundred
/// notes at most.
const NOTE_MS: i64 = 2;
/// A clock that goes back by no more is taken to stand still; by more, to have been set.
const CLOCK_SLACK_MS: i64 = 1_000;

/// How a line's admission stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Thousandths of a person that may go, up to `at_ms`; none before the first look.
    credit: Option<u64>,
    at_ms: i64,
    /// When and how many, in the last second.
    recent: VecDeque<(i64, u32)>,
}

impl Pace {
    /// After a restart nobody knows what went in the last second: as if it had been all.
    pub fn unknown(rule: &LineRule, now: Timestamp) -> Self {
        let now_ms = now.millis();
        Self { credit: Some(0), at_ms: now_ms, recent: VecDeque::from([(now_ms, rule.rate_per_second)]) }
    }

    /// Whether the clock was set back since the last look.
    pub fn was_set_back(&self, now: Timestamp) -> bool {
        self.at_ms - now.millis() > CLOCK_SLACK_MS
    }

    /// How many may go now.
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

    /// Milliseconds after the last look until somebody may go; none while the rate is 0.
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

    /// So many went, of those that [`Pace::may_go`] has just allowed.
    pub fn went(&mut self, count: u32) {
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
