//! A breaker turns an outage into quick refusals (design: "Hot state"): pure, time is an argument.

pub mod window;

/// When a breaker opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerRule {
    /// Failures in a row after which calls are refused.
    pub failures_max: u32,
    /// How long they are refused before one is let through to try, in milliseconds.
    pub open_ms: i64,
}

/// One breaker. Closed: every call goes through. Open: one call every [`BreakerRule::open_ms`].
#[derive(Clone, Copy, Debug)]
pub struct Breaker {
    rule: BreakerRule,
    failures: u32,
    next_try_at_ms: i64,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(rule: BreakerRule) -> Self {
        Self { rule, failures: 0, next_try_at_ms: 0 }
    }

    /// Whether calls are refused, apart from those that try.
    pub fn is_open(&self) -> bool {
        self.failures >= self.rule.failures_max
    }

    /// Whether a call may go through now. One that is let through an open breaker is the only one for a while.
    pub fn lets_through(&mut self, now_ms: i64) -> bool {
        if !self.is_open() {
            return true;
        }
        // A clock that was set back must not keep the breaker open for longer than its rule says.
        let waited = now_ms >= self.next_try_at_ms || self.next_try_at_ms - now_ms > self.rule.open_ms;
        if waited {
            self.next_try_at_ms = now_ms + self.rule.open_ms;
        }
        waited
    }

    /// A call came back.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// A call failed. Whether that opened the breaker.
    pub fn failed(&mut self, now_ms: i64) -> bool {
        let was_open = self.is_open();
        self.failures = self.failures.saturating_add(1);
        if self.is_open() {
            self.next_try_at_ms = now_ms + self.rule.open_ms;
        }
        self.is_open() && !was_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: BreakerRule = BreakerRule { failures_max: 3, open_ms: 100 };

    #[test]
    fn opens_after_failures_in_a_row_and_lets_one_try_at_a_time() {
        let mut breaker = Breaker::new(RULE);
        assert!(!breaker.failed(0) && !breaker.failed(0));
        breaker.succeeded();
        assert!(!breaker.failed(0) && !breaker.failed(0) && breaker.lets_through(0));
        assert!(breaker.failed(0), "the third in a row opens it");
        assert!(!breaker.lets_through(99));
        assert!(breaker.lets_through(100));
        assert!(!breaker.lets_through(100), "one try at a time");
        breaker.failed(150);
        assert!(!breaker.lets_through(249));
        assert!(breaker.lets_through(250));
        breaker.succeeded();
        assert!(breaker.lets_through(251) && breaker.lets_through(251));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn an_open_breaker_tries_again_in_time_with_any_clock(
            steps in proptest::collection::vec((-500i64..500, any::<bool>()), 0..50),
        ) {
            let (mut breaker, mut now_ms) = (Breaker::new(RULE), 0);
            for (step, fails) in steps {
                now_ms += step;
                if breaker.lets_through(now_ms) {
                    if fails { breaker.failed(now_ms); } else { breaker.succeeded(); }
                }
            }
            prop_assert!(breaker.lets_through(now_ms + RULE.open_ms));
        }
    }
}
