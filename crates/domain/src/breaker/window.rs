//! A breaker over a window of the last calls (GW-006, PAY-009): pure, time is an argument.

use std::collections::VecDeque;

/// When a breaker opens, for how long, and what closes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowRule {
    /// So many of the last calls are looked at.
    pub calls: usize,
    /// Fewer say nothing.
    pub calls_min: usize,
    /// How long calls are refused once half of them failed, in milliseconds.
    pub open_ms: i64,
    /// So many calls then try. If half of them fail, it opens again.
    pub trials: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        since_ms: i64,
    },
    /// `begun` trials are under way or over.
    Trying {
        begun: usize,
        since_ms: i64,
    },
}

/// One breaker. Closed: every call goes through. Open: none, until it is time for some to try.
#[derive(Debug)]
pub struct WindowBreaker {
    rule: WindowRule,
    state: State,
    /// Whether each of the last calls failed; of the trials alone while trying.
    last: VecDeque<bool>,
    failures: usize,
}

impl WindowBreaker {
    /// A closed breaker.
    pub fn new(rule: WindowRule) -> Self {
        Self { rule, state: State::Closed, last: VecDeque::new(), failures: 0 }
    }

    /// Whether calls are refused, apart from trials.
    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// Whether a call may go through now.
    ///
    /// # Errors
    /// The milliseconds to wait.
    pub fn admit(&mut self, now_ms: i64) -> Result<(), i64> {
        match self.state {
            State::Closed => Ok(()),
            State::Open { since_ms } => match self.left_ms(since_ms, now_ms) {
                0 => {
                    self.forget();
                    self.state = State::Trying { begun: 1, since_ms: now_ms };
                    Ok(())
                }
                left_ms => Err(left_ms),
            },
            State::Trying { begun, since_ms } if begun < self.rule.trials => {
                self.state = State::Trying { begun: begun + 1, since_ms };
                Ok(())
            }
            // Trials that hang must not keep others out for ever: after as long again the next ones try.
            State::Trying { since_ms, .. } => match self.left_ms(since_ms, now_ms) {
                0 => {
                    self.state = State::Trying { begun: self.last.len() + 1, since_ms: now_ms };
                    Ok(())
                }
                left_ms => Err(left_ms.min(1_000)),
            },
        }
    }

    /// A call came back, or failed.
    pub fn ended(&mut self, succeeded: bool, now_ms: i64) {
        // A call from before the breaker opened says nothing new.
        if matches!(self.state, State::Open { .. }) {
            return;
        }
        self.last.push_back(!succeeded);
        self.failures += usize::from(!succeeded);
        let calls = if self.state == State::Closed { self.rule.calls } else { self.rule.trials };
        while self.last.len() > calls.max(1) {
            self.failures -= usize::from(self.last.pop_front() == Some(true));
        }
        let half_failed = self.failures * 2 >= self.last.len();
        match self.state {
            State::Closed if self.last.len() >= self.rule.calls_min.max(1) && half_failed => self.open(now_ms),
            State::Trying { .. } if self.last.len() >= self.rule.trials.max(1) => match half_failed {
                true => self.open(now_ms),
                false => {
                    self.forget();
                    self.state = State::Closed;
                }
            },
            _ => {}
        }
    }

    /// A call was given up by the client: another may try in its place.
    pub fn abandoned(&mut self) {
        if let State::Trying { begun, since_ms } = self.state {
            self.state = State::Trying { begun: begun.saturating_sub(1).max(self.last.len()), since_ms };
        }
    }

    fn open(&mut self, now_ms: i64) {
        self.forget();
        self.state = State::Open { since_ms: now_ms };
    }

    fn forget(&mut self) {
        self.last.clear();
        self.failures = 0;
    }

    /// A clock that was set back must not keep it open for longer than the rule says.
    fn left_ms(&self, since_ms: i64, now_ms: i64) -> i64 {
        let gone_ms = now_ms.saturating_sub(since_ms);
        if gone_ms < 0 { 0 } else { self.rule.open_ms.saturating_sub(gone_ms).max(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: WindowRule = WindowRule { calls: 100, calls_min: 20, open_ms: 60_000, trials: 10 };

    fn calls(breaker: &mut WindowBreaker, outcomes: &[bool], now_ms: i64) -> usize {
        let admitted = outcomes.iter().filter(|outcome| {
            let admitted = breaker.admit(now_ms).is_ok();
            if admitted {
                breaker.ended(**outcome, now_ms);
            }
            admitted
        });
        admitted.count()
    }

    #[test]
    fn it_opens_when_half_of_twenty_calls_failed_and_not_before() {
        let mut breaker = WindowBreaker::new(RULE);
        assert_eq!(calls(&mut breaker, &[false; 19], 0), 19);
        assert!(!breaker.is_open(), "nineteen say nothing");
        assert_eq!(calls(&mut breaker, &[true], 0), 1);
        assert!(breaker.is_open(), "nineteen of twenty");
        let mut breaker = WindowBreaker::new(RULE);
        calls(&mut breaker, &[true; 11], 0);
        calls(&mut breaker, &[false; 10], 0);
        assert!(!breaker.is_open(), "ten of twenty-one are less than half");
        calls(&mut breaker, &[false], 0);
        assert!(breaker.is_open());
    }

    #[test]
    fn only_the_last_hundred_count() {
        let mut breaker = WindowBreaker::new(RULE);
        calls(&mut breaker, &[true; 1_000], 0);
        calls(&mut breaker, &[false; 49], 0);
        assert!(!breaker.is_open());
        calls(&mut breaker, &[false], 0);
        assert!(breaker.is_open(), "fifty of the last hundred");
    }

    #[test]
    fn after_a_minute_ten_calls_try() {
        let opened = || {
            let mut breaker = WindowBreaker::new(RULE);
            calls(&mut breaker, &[false; 20], 0);
            breaker
        };
        let mut breaker = opened();
        assert_eq!(breaker.admit(59_999), Err(1));
        assert_eq!((0..50).filter(|_| breaker.admit(60_000).is_ok()).count(), 10);
        for _ in 0..10 {
            breaker.ended(true, 60_001);
        }
        assert!(!breaker.is_open());
        let mut breaker = opened();
        assert_eq!(calls(&mut breaker, &[true, true, true, true, true, false, false, false, false, false], 60_000), 10);
        assert_eq!(breaker.admit(60_000), Err(60_000), "half failed: it opens again");
        let mut breaker = opened();
        assert_eq!(calls(&mut breaker, &[true, true, true, true, true, true, false, false, false, false], 60_000), 10);
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_call_that_is_given_up_takes_no_trial() {
        let mut breaker = WindowBreaker::new(RULE);
        calls(&mut breaker, &[false; 20], 0);
        for _ in 0..100 {
            assert!(breaker.admit(60_000).is_ok());
            breaker.abandoned();
        }
        assert_eq!((0..50).filter(|_| breaker.admit(60_000).is_ok()).count(), 10);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn whatever_happens_calls_go_through_again(
            steps in proptest::collection::vec((0i64..30_000, 0u8..4), 0..200),
        ) {
            let (mut breaker, mut now_ms) = (WindowBreaker::new(RULE), 0);
            for (step_ms, what) in steps {
                now_ms += step_ms;
                if breaker.admit(now_ms).is_ok() {
                    match what {
                        0 => breaker.ended(true, now_ms),
                        1 => breaker.ended(false, now_ms),
                        2 => breaker.abandoned(),
                        // hangs for ever
                        _ => {}
                    }
                }
            }
            prop_assert!(breaker.admit(now_ms + RULE.open_ms).is_ok());
            breaker.abandoned();
            let mut good = 0;
            for _ in 0..RULE.trials {
                now_ms += RULE.open_ms;
                if breaker.admit(now_ms).is_ok() {
                    breaker.ended(true, now_ms);
                    good += 1;
                }
            }
            prop_assert!(good == RULE.trials);
        }
    }
}
