//! What one tenant may have, so that it cannot exhaust what is there for all.

use std::fmt;

/// A thing of which a tenant may have so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quota {
    /// Campaigns that were not deleted.
    Campaigns,
    /// Lines: the gates of its campaigns.
    Lines,
    /// API keys that are not revoked.
    Keys,
    /// Streams open at a server.
    Streams,
    /// Coupons in all: the stocks of its campaigns together.
    Coupons,
    /// Requests a second with its keys at a server.
    Requests,
}

impl Quota {
    /// Every quota.
    pub const ALL: [Self; 6] = [Self::Campaigns, Self::Lines, Self::Keys, Self::Streams, Self::Coupons, Self::Requests];

    /// `quota` of a refusal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Campaigns => "campaigns",
            Self::Lines => "lines",
            Self::Keys => "keys",
            Self::Streams => "streams",
            Self::Coupons => "coupons",
            Self::Requests => "requests",
        }
    }

    /// The setting in the section `tenant`, and the column of a tenant's own value.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Campaigns => "max_campaigns",
            Self::Lines => "max_lines",
            Self::Keys => "max_keys",
            Self::Streams => "max_streams",
            Self::Coupons => "max_coupons",
            Self::Requests => "requests_per_second",
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The quotas in force for a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Most campaigns.
    pub campaigns: u64,
    /// Most lines.
    pub lines: u64,
    /// Most API keys.
    pub keys: u64,
    /// Most streams at a server.
    pub streams: u64,
    /// Most coupons in all.
    pub coupons: u64,
    /// Most requests a second at a server; 0: without a limit.
    pub requests_per_second: u64,
}

/// Those of a program that nobody has configured.
impl Default for Quotas {
    fn default() -> Self {
        Self { campaigns: 1_000, lines: 100, keys: 100, streams: 2_000, coupons: 10_000_000, requests_per_second: 0 }
    }
}

impl Quotas {
    /// The value of one.
    pub fn of(&self, quota: Quota) -> u64 {
        match quota {
            Quota::Campaigns => self.campaigns,
            Quota::Lines => self.lines,
            Quota::Keys => self.keys,
            Quota::Streams => self.streams,
            Quota::Coupons => self.coupons,
            Quota::Requests => self.requests_per_second,
        }
    }

    /// The same with a tenant's own values.
    #[must_use]
    pub fn with(self, own: OwnQuotas) -> Self {
        Self {
            campaigns: own.campaigns.unwrap_or(self.campaigns),
            lines: own.lines.unwrap_or(self.lines),
            keys: own.keys.unwrap_or(self.keys),
            streams: own.streams.unwrap_or(self.streams),
            coupons: own.coupons.unwrap_or(self.coupons),
            requests_per_second: own.requests_per_second.unwrap_or(self.requests_per_second),
        }
    }

    /// Checks that a tenant that has `has` may have `more` more.
    ///
    /// # Errors
    /// [`QuotaExceeded`].
    pub fn check(&self, quota: Quota, has: u64, more: u64) -> Result<(), QuotaExceeded> {
        let most = self.of(quota);
        if has.saturating_add(more) <= most { Ok(()) } else { Err(QuotaExceeded { quota, most, has, more }) }
    }
}

/// Values that an operator has set for one tenant; the others are those of all tenants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnQuotas {
    /// Most campaigns.
    pub campaigns: Option<u64>,
    /// Most lines.
    pub lines: Option<u64>,
    /// Most API keys.
    pub keys: Option<u64>,
    /// Most streams at a server.
    pub streams: Option<u64>,
    /// Most coupons in all.
    pub coupons: Option<u64>,
    /// Most requests a second at a server.
    pub requests_per_second: Option<u64>,
}

impl OwnQuotas {
    /// The value of one.
    pub fn of(&self, quota: Quota) -> Option<u64> {
        match quota {
            Quota::Campaigns => self.campaigns,
            Quota::Lines => self.lines,
            Quota::Keys => self.keys,
            Quota::Streams => self.streams,
            Quota::Coupons => self.coupons,
            Quota::Requests => self.requests_per_second,
        }
    }
}

/// A tenant has as many as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this tenant may have {most} {quota}; it has {has}, and {more} more were asked for")]
pub struct QuotaExceeded {
    /// Of what.
    pub quota: Quota,
    /// The most that it may have.
    pub most: u64,
    /// What it has.
    pub has: u64,
    /// What was asked for.
    pub more: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_is_given_and_the_next_is_refused() {
        let quotas = Quotas::default();
        for quota in Quota::ALL {
            let most = quotas.of(quota);
            assert_eq!(quotas.check(quota, most.saturating_sub(1), u64::from(most > 0)), Ok(()));
            let refused = quotas.check(quota, most, 1).expect_err("one too many");
            assert_eq!((refused.quota, refused.most), (quota, most));
            assert!(quotas.check(quota, u64::MAX, u64::MAX).is_err());
        }
    }

    #[test]
    fn a_tenants_own_value_counts_and_the_others_stay() {
        let own = OwnQuotas { campaigns: Some(2_000), ..OwnQuotas::default() };
        assert_eq!(Quotas::default().with(own), Quotas { campaigns: 2_000, ..Quotas::default() });
        assert_eq!(Quotas::default().with(OwnQuotas::default()), Quotas::default());
    }
}
