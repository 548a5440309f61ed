//! The rule of a line.

use super::plan::DrawPlan;
use super::standing::Sale;
use super::terms::{Challenge, LineTerms, TermsError};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Most people a second.
pub const RATE_MAX: u32 = 1_000_000;
/// Longest interval between two batches, in milliseconds.
pub const INTERVAL_MAX_MS: u32 = 60_000;

/// People for whom a line of [`LineRule::new`] has room.
pub const CAPACITY_DEFAULT: u32 = 50_000;
/// Lifetime of a pass of [`LineRule::new`], in milliseconds.
pub const PASS_TTL_DEFAULT_MS: u32 = 60_000;

/// How long a person who was passed over may come back to the old place, in milliseconds, by [`LineRule::new`].
pub const RETURN_DEFAULT_MS: u32 = 600_000;
/// How long a place that is over is remembered, in milliseconds, by [`LineRule::new`]: a gate never forgets within a day
/// whom it has told a rank.
pub const REMEMBER_DEFAULT_MS: u32 = 24 * 3_600_000;

const fn return_default_ms() -> u32 {
    RETURN_DEFAULT_MS
}

const fn remember_default_ms() -> u32 {
    REMEMBER_DEFAULT_MS
}

/// What an admitted person gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admits {
    /// A pass to go on with (GATE-005, QUEUE-003).
    Pass {
        /// Lifetime in milliseconds.
        ttl_ms: u32,
    },
    /// A request on behalf of the person (GATE-004).
    Processing {
        /// A person processed for this long, in milliseconds, goes back to the original place (GATE-006).
        stale_after_ms: u32,
        /// Most people put back at a time.
        put_back_max: u32,
    },
}

/// A line's rule. Everything but the draw may change while people wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineRule {
    /// Most people admitted in any second; 0 admits no one (GATE-003, QUEUE-005).
    pub rate_per_second: u32,
    /// Interval in milliseconds. Admissions unused in an interval are lost: the largest burst is what the rate gives in one
    /// interval, at least one person.
    pub interval_ms: u32,
    /// Most people waiting (QUEUE-006).
    pub capacity: u32,
    /// What admitted people get.
    pub admits: Admits,
    /// Most people inside at once, counted by live passes and requests in process; 0 for no limit.
    ///
    /// This is also the back-pressure from downstream: when people inside are served more slowly, admission falls to
    /// `inside_max` per service time (Little's law). Nobody is refused for it, and nobody overtakes.
    pub inside_max: u32,
    /// A person who has not checked in for longer, in milliseconds, is passed over until the next check-in, and does not
    /// count for the capacity; 0 for never.
    pub abandon_after_ms: u32,
    /// How long after that, in milliseconds, a check-in gives the old place back. Later it gives a new place at the end.
    #[serde(default = "return_default_ms")]
    pub return_ms: u32,
    /// How long, in milliseconds after the last check-in, a person who was passed over or has an outcome is remembered;
    /// at least until the old place is lost.
    #[serde(default = "remember_default_ms")]
    pub remember_ms: u32,
    /// Most people of one network who may be in a line whose terms say nothing else; 0 for no limit.
    #[serde(default)]
    pub positions_per_network: u32,
    /// What is asked for before a new place in a line whose terms say nothing else. The rule only keeps it: the caller of
    /// the line asks.
    #[serde(default)]
    pub challenge: Challenge,
    /// No admission before this moment. It does not move the closing of an announced draw.
    pub opens_at: Option<Timestamp>,
    /// No admission for now.
    pub paused: bool,
    /// No new entries; people who wait are still admitted.
    pub closed: bool,
    /// The opening draw; `None` where places are in order of entry from the start. Announced once, before anybody has a
    /// place. Root and value come with the draw's progress, never with a change of the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<DrawPlan>,
    /// The rate that the configuration gave last; `None` in lines made before this was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configured_rate_per_second: Option<u32>,
    /// The sale behind the line, which the gate of a campaign follows.
    #[serde(default)]
    pub sale: Sale,
    /// The terms on which people meet the line.
    #[serde(default)]
    pub terms: LineTerms,
    /// Grows by one with every change. A change carries the revision of the rule from which it was made.
    pub revision: u64,
}

/// Why a rule is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// More than [`RATE_MAX`].
    #[error("rate must be 0 to 1000000 people a second")]
    Rate,
    /// 0, or more than [`INTERVAL_MAX_MS`].
    #[error("interval must be 1 to 60000 milliseconds")]
    Interval,
    /// 0.
    #[error("capacity must be 1 or more")]
    Capacity,
    /// 0.
    #[error("the life of a pass, and the time after which a request is stale, must be 1 ms or more")]
    Life,
    /// The terms.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

impl LineRule {
    /// A rule that admits `rate_per_second` people a second: batches once a second, room for [`CAPACITY_DEFAULT`] people
    /// waiting, a pass of [`PASS_TTL_DEFAULT_MS`], no limit inside, no opening time, no draw, the default terms, and the
    /// first revision.
    pub fn new(rate_per_second: u32) -> Self {
        Self {
            rate_per_second,
            interval_ms: 1_000,
            capacity: CAPACITY_DEFAULT,
            admits: Admits::Pass { ttl_ms: PASS_TTL_DEFAULT_MS },
            inside_max: 0,
            abandon_after_ms: 0,
            return_ms: RETURN_DEFAULT_MS,
            remember_ms: REMEMBER_DEFAULT_MS,
            positions_per_network: 0,
            challenge: Challenge::None,
            opens_at: None,
            paused: false,
            closed: false,
            draw: None,
            configured_rate_per_second: None,
            sale: Sale::default(),
            terms: LineTerms::default(),
            revision: 1,
        }
    }

    /// Checks the rule.
    ///
    /// # Errors
    /// `RuleError`: the first field that is out of bounds.
    pub fn check(&self) -> Result<(), RuleError> {
        let life_ms = match self.admits {
            Admits::Pass { ttl_ms } => ttl_ms,
            Admits::Processing { stale_after_ms, .. } => stale_after_ms,
        };
        match self {
            _ if self.rate_per_second > RATE_MAX => Err(RuleError::Rate),
            _ if !(1..=INTERVAL_MAX_MS).contains(&self.interval_ms) => Err(RuleError::Interval),
            _ if self.capacity == 0 => Err(RuleError::Capacity),
            _ if life_ms == 0 => Err(RuleError::Life),
            _ => Ok(self.terms.check(self.opens_at)?),
        }
    }

    /// The rule under a configuration that gives every line `rate_per_second`.
    ///
    /// A rate that differs from the last configured one replaces the rate of the line. The same rate again does not: a
    /// change by an administrator stands. A line made before configured rates were recorded keeps its rate.
    #[must_use]
    pub fn configured(self, rate_per_second: u32) -> Self {
        let is_new_rate = self.configured_rate_per_second.is_some_and(|given| given != rate_per_second);
        Self {
            rate_per_second: if is_new_rate { rate_per_second } else { self.rate_per_second },
            configured_rate_per_second: Some(rate_per_second),
            ..self
        }
    }

    /// The opening that an announced draw has fixed, while it is to come.
    pub fn fixed_opening(&self, now: Timestamp) -> Option<Timestamp> {
        self.draw.as_ref().and_then(|plan| plan.closes_at).filter(|closes_at| now < *closes_at)
    }

    /// How long a place that is over is remembered after its last check-in, in milliseconds.
    pub fn remembers_ms(&self) -> i64 {
        i64::from(self.remember_ms).max(self.late_after_ms())
    }

    /// After how long without a check-in the old place is lost, in milliseconds.
    pub fn late_after_ms(&self) -> i64 {
        i64::from(self.abandon_after_ms) + i64::from(self.return_ms)
    }

    /// What is asked for before a new place.
    pub fn asks_for(&self) -> Challenge {
        self.terms.challenge.unwrap_or(self.challenge)
    }

    /// Most people of one network who may be in the line; 0 for no limit.
    pub fn network_max(&self) -> u32 {
        self.terms.positions_per_network.unwrap_or(self.positions_per_network)
    }

    /// Whether anybody is admitted at this moment. While a line of the automatic switch is off, the rate does not matter.
    pub fn admits_at(&self, now: Timestamp) -> bool {
        let has_rate = self.rate_per_second > 0 || self.terms.auto_above().is_some();
        !self.paused && has_rate && self.opens_at.is_none_or(|opens_at| now >= opens_at)
    }
}
