//! Token buckets as GCRA: one number a bucket, the moment at which it is full again.
//!
//! Source: the generic cell rate algorithm of ITU-T I.371, in the form that limiters over Redis use.

/// So many a second, with a burst on top of nothing used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Microseconds that one unit takes to come back.
    interval_us: u64,
    /// Units that may be taken at once from a full bucket.
    pub burst: u32,
}

/// The decision of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateDecision {
    /// Whether the unit was taken.
    pub allowed: bool,
    /// Units that could be taken right now.
    pub remaining: u32,
    /// Microseconds until a unit can be taken; zero when one can be taken now.
    pub retry_after_us: u64,
    /// Microseconds until the bucket is full again.
    pub reset_after_us: u64,
    /// The bucket's new state.
    pub full_at_us: u64,
}

impl Rate {
    /// `per_second` units a second, `burst` at once. Zero is taken as one: a bucket that never gives is a ban, not a limit.
    pub fn per_second(per_second: u32, burst: u32) -> Self {
        Self { interval_us: 1_000_000 / u64::from(per_second.clamp(1, 1_000_000)), burst: burst.max(1) }
    }

    /// `per_minute` units at once, and as many a minute: `15` gives one back every four seconds. Zero is taken as one.
    pub fn per_minute(per_minute: u32) -> Self {
        let units = per_minute.clamp(1, 60_000_000);
        Self { interval_us: 60_000_000 / u64::from(units), burst: units }
    }

    /// Microseconds that one unit takes to come back.
    pub fn interval_us(&self) -> u64 {
        self.interval_us
    }

    /// Microseconds in which an empty bucket fills.
    pub fn window_us(&self) -> u64 {
        self.interval_us * u64::from(self.burst)
    }

    /// Seconds in which an empty bucket fills, rounded up.
    pub fn window_seconds(&self) -> u64 {
        self.window_us().div_ceil(1_000_000)
    }

    /// Asks a bucket that is full again at `full_at_us` (0: never used) for one unit at `now_us`.
    ///
    /// No bucket is emptier than empty: one that is full later than an empty one is from a clock that has been set back since,
    /// and counts as empty. Or it would refuse everybody for as long as the clock was ahead.
    pub fn take(&self, full_at_us: u64, now_us: u64) -> RateDecision {
        let capacity_us = self.window_us();
        let full_at_us = full_at_us.min(now_us.saturating_add(capacity_us));
        let base_us = full_at_us.max(now_us);
        let after_us = base_us + self.interval_us;
        let backlog_us = after_us - now_us;
        let allowed = backlog_us <= capacity_us;
        let (full_at_us, used_us) = if allowed { (after_us, backlog_us) } else { (full_at_us, base_us - now_us) };
        let free_us = capacity_us.saturating_sub(used_us);
        let remaining = (free_us / self.interval_us).min(u64::from(self.burst)) as u32;
        let retry_after_us = if remaining > 0 { 0 } else { (used_us + self.interval_us).saturating_sub(capacity_us) };
        RateDecision { allowed, remaining, retry_after_us, reset_after_us: used_us, full_at_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_the_rate() {
        let rate = Rate::per_second(10, 3);
        let mut full_at_us = 0;
        for left in [2, 1, 0] {
            let verdict = rate.take(full_at_us, 1_000);
            assert!(verdict.allowed);
            assert_eq!(verdict.remaining, left);
            full_at_us = verdict.full_at_us;
        }
        let refused = rate.take(full_at_us, 1_000);
        assert!(!refused.allowed);
        assert_eq!(refused.retry_after_us, 100_000);
        assert!(rate.take(full_at_us, 101_000).allowed);
        assert!(!rate.take(full_at_us, 100_999).allowed);
    }

    #[test]
    fn a_bucket_of_fifteen_a_minute_gives_one_back_every_four_seconds() {
        let rate = Rate::per_minute(15);
        assert_eq!((rate.interval_us(), rate.window_seconds()), (4_000_000, 60));
        let mut full_at_us = 0;
        for _ in 0..15 {
            let decision = rate.take(full_at_us, 1_000);
            assert!(decision.allowed);
            full_at_us = decision.full_at_us;
        }
        assert!(!rate.take(full_at_us, 4_000_999).allowed && rate.take(full_at_us, 4_001_000).allowed);
    }

    proptest! {
        #[test]
        fn a_clock_that_is_set_back_refuses_for_one_unit_at_most(
            per_second in 1u32..1000, burst in 1u32..50, taken in 1u32..100, ahead_us in 0u64..1_000_000_000_000,
        ) {
            let rate = Rate::per_second(per_second, burst);
            let (now_us, mut full_at_us) = (1_700_000_000_000_000, 0);
            for _ in 0..taken {
                full_at_us = rate.take(full_at_us, now_us + ahead_us).full_at_us;
            }
            let verdict = rate.take(full_at_us, now_us);
            prop_assert!(verdict.full_at_us <= now_us + rate.window_us());
            prop_assert!(verdict.retry_after_us <= rate.interval_us());
            prop_assert!(rate.take(verdict.full_at_us, now_us + rate.interval_us()).allowed);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn never_more_than_burst_and_rate(per_second in 1u32..1000, burst in 1u32..50, steps in proptest::collection::vec(0u64..200_000, 1..100)) {
            let rate = Rate::per_second(per_second, burst);
            let (mut now_us, mut full_at_us, mut taken) = (1, 0, 0u64);
            for step in steps {
                now_us += step;
                let verdict = rate.take(full_at_us, now_us);
                full_at_us = verdict.full_at_us;
                taken += u64::from(verdict.allowed);
                let bound = u64::from(burst) + (now_us - 1) / (1_000_000 / u64::from(per_second));
                prop_assert!(taken <= bound, "{taken} of {bound}");
                if !verdict.allowed {
                    prop_assert!(rate.take(full_at_us, now_us + verdict.retry_after_us).allowed);
                }
            }
        }
    }
}
