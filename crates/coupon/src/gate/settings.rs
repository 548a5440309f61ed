//! How gates admit people: the configuration, and the rule of a line that follows from it.

use domain::CampaignId;
use domain::line::{Admits, Challenge, LineRule};

/// Most people before one campaign. It is the most that a campaign may draw, so that a gate never refuses a person.
const CAPACITY: u32 = 10_000_000;

/// Most requests for coupons that may be in flight at once, in seconds of the rate. When issuers are slower than the
/// rate, admission slows to their speed.
const REQUESTS_SECONDS: u32 = 10;
/// This many may be in flight at any rate.
const REQUESTS_MIN: u32 = 100;

/// What happens to a person whose turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchMode {
    /// The person gets a pass and requests the coupon (GATE-005).
    ActiveQueue,
    /// An issuer requests the coupon for the person (GATE-004).
    Kafka,
}

/// How gates admit.
#[derive(Clone, Debug)]
pub struct GateSettings {
    /// Campaigns that have a gate even if their policy does not demand one (GATE-007).
    pub campaigns: Vec<CampaignId>,
    /// What happens to a person whose turn has come.
    pub mode: DispatchMode,
    /// People a second (GATE-003).
    pub dispatch_per_second: u32,
    /// Milliseconds between two batches.
    pub dispatch_interval_ms: u32,
    /// How long an active pass is valid, in milliseconds (GATE-005).
    pub active_ttl_ms: u32,
    /// A request that takes longer than this many milliseconds puts the person back in the line (GATE-006).
    pub stale_timeout_ms: u32,
    /// Most people who are put back at a time.
    pub put_back_max: u32,
    /// A person whose rank nobody asked for is passed over after this many milliseconds; 0 for never.
    pub abandon_after_ms: u32,
    /// How long after that the person gets the old place back, in milliseconds.
    pub return_ms: u32,
    /// Most people of one network in the line of one campaign; 0 for no limit. A tenant's own servers count for none.
    pub positions_per_network: u32,
    /// What is asked for before a place.
    pub challenge: Challenge,
}

impl GateSettings {
    /// The rule of a new line.
    pub(super) fn rule(&self) -> LineRule {
        LineRule {
            interval_ms: self.dispatch_interval_ms,
            capacity: CAPACITY,
            admits: self.admits(),
            inside_max: self.inside_max(self.dispatch_per_second),
            abandon_after_ms: self.abandon_after_ms,
            return_ms: self.return_ms,
            positions_per_network: self.positions_per_network,
            challenge: self.challenge,
            configured_rate_per_second: Some(self.dispatch_per_second),
            ..LineRule::new(self.dispatch_per_second)
        }
    }

    /// The rule of an existing line under this configuration.
    pub(super) fn bring_up_to_date(&self, rule: LineRule) -> LineRule {
        LineRule {
            interval_ms: self.dispatch_interval_ms,
            admits: self.admits(),
            abandon_after_ms: self.abandon_after_ms,
            return_ms: self.return_ms,
            positions_per_network: self.positions_per_network,
            challenge: self.challenge,
            ..rule.configured(self.dispatch_per_second)
        }
    }

    pub(super) fn admits(&self) -> Admits {
        match self.mode {
            DispatchMode::ActiveQueue => Admits::Pass { ttl_ms: self.active_ttl_ms },
            DispatchMode::Kafka => {
                Admits::Processing { stale_after_ms: self.stale_timeout_ms, put_back_max: self.put_back_max }
            }
        }
    }

    pub(super) fn inside_max(&self, rate_per_second: u32) -> u32 {
        match self.mode {
            DispatchMode::ActiveQueue => 0,
            DispatchMode::Kafka => rate_per_second.saturating_mul(REQUESTS_SECONDS).max(REQUESTS_MIN),
        }
    }
}
