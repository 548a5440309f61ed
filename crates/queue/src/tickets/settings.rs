//! The settings of lines before seats.

use crate::LineSettings;
use domain::line::{Admits, Challenge, LineRule, LineTerms, REMEMBER_DEFAULT_MS, SaleWindow};

/// The settings, `queue.*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketSettings {
    /// `rate_per_second`: people a second (QUEUE-005).
    pub rate_per_second: u32,
    /// `batch_interval_ms`: milliseconds between two batches.
    pub interval_ms: u32,
    /// `capacity`: most people waiting in one line (QUEUE-006).
    pub capacity: u32,
    /// `token_ttl_seconds`: life of a pass, in milliseconds (QUEUE-003).
    pub pass_ttl_ms: u32,
    /// `abandon_after_seconds`: who is not heard of for longer, in milliseconds, is passed over; 0 for never.
    pub abandon_after_ms: u32,
    /// `return_seconds`: how long after that the old place is given back, in milliseconds.
    pub return_ms: u32,
    /// `positions_per_network`: most people of one network in one line; 0 for no limit.
    pub positions_per_network: u32,
    /// `challenge`: what is asked for before a place.
    pub challenge: Challenge,
    /// `max_inside`: most people inside at once; 0 for no limit.
    pub inside_max: u32,
    /// `status_per_minute`: looks at the own place in a minute, and at once (QUEUE-008).
    pub status_per_minute: u32,
    /// `limits.enabled`: whether looks are limited.
    pub limits_enabled: bool,
    /// `inside_per_free_seat`: nobody is admitted while more than so many for each free seat are inside without a
    /// reservation; 0 for no limit (QUEUE-013).
    pub inside_per_free_seat: u32,
}

/// Those of `onsale/default.toml`.
impl Default for TicketSettings {
    fn default() -> Self {
        Self {
            rate_per_second: 10,
            interval_ms: 1_000,
            capacity: 50_000,
            pass_ttl_ms: 600_000,
            abandon_after_ms: 120_000,
            return_ms: 600_000,
            positions_per_network: 0,
            challenge: Challenge::None,
            inside_max: 0,
            status_per_minute: 15,
            limits_enabled: true,
            inside_per_free_seat: 0,
        }
    }
}

/// As lines before sites: one section of the configuration is for both.
impl From<&LineSettings> for TicketSettings {
    fn from(lines: &LineSettings) -> Self {
        let LineSettings {
            lines: _,
            rate_per_second,
            interval_ms,
            capacity,
            pass_ttl_ms,
            abandon_after_ms,
            return_ms,
            positions_per_network,
            challenge,
            inside_max,
        } = lines;
        Self {
            rate_per_second: *rate_per_second,
            interval_ms: *interval_ms,
            capacity: *capacity,
            pass_ttl_ms: *pass_ttl_ms,
            abandon_after_ms: *abandon_after_ms,
            return_ms: *return_ms,
            positions_per_network: *positions_per_network,
            challenge: *challenge,
            inside_max: *inside_max,
            ..Self::default()
        }
    }
}

impl TicketSettings {
    /// The rule of a new line before this sale. A person who was told a rank is known for a day.
    pub(super) fn rule(&self, sale: &SaleWindow) -> LineRule {
        self.updated(LineRule {
            capacity: self.capacity,
            admits: Admits::Pass { ttl_ms: self.pass_ttl_ms },
            inside_max: self.inside_max,
            opens_at: Some(sale.starts_at),
            terms: LineTerms { closes_at: Some(sale.ends_at), ..LineTerms::default() },
            ..LineRule::new(self.rate_per_second)
        })
    }

    /// The rule of a line that stands, with the settings of all lines: what operators set for one line stays.
    pub(super) fn updated(&self, rule: LineRule) -> LineRule {
        LineRule {
            interval_ms: self.interval_ms,
            abandon_after_ms: self.abandon_after_ms,
            return_ms: self.return_ms,
            remember_ms: REMEMBER_DEFAULT_MS,
            positions_per_network: self.positions_per_network,
            challenge: self.challenge,
            ..rule
        }
    }
}
