//! The recent admission rate, for operators, whether or not people were waiting. Estimates for people are in
//! [`super::Outlook`].

use std::collections::VecDeque;

/// The length of the window: longer than a short pause.
const WINDOW_MS: i64 = 30_000;
/// The shortest window with a result.
const WINDOW_MS_MIN: i64 = 3_000;

/// The recent admission rate, from observations of a counter.
#[derive(Clone, Debug, Default)]
pub struct Throughput {
    observations: VecDeque<(i64, u64)>,
}

impl Throughput {
    /// Adds the value of the admission counter at a moment. If the clock was set back, all earlier observations are dropped;
    /// of two observations within a millisecond the first counts.
    pub fn observe(&mut self, at_ms: i64, admitted: u64) {
        match self.observations.back() {
            Some((before_ms, before)) if at_ms < *before_ms || admitted < *before => self.observations.clear(),
            Some((before_ms, _)) if at_ms == *before_ms => return,
            _ => {}
        }
        self.observations.push_back((at_ms, admitted));
        while self.observations.len() > 2 && self.observations[1].0 <= at_ms - WINDOW_MS {
            self.observations.pop_front();
        }
    }

    /// People a second; `None` while the window is too short.
    pub fn per_second(&self) -> Option<f64> {
        let ((first_ms, first), (last_ms, last)) = (*self.observations.front()?, *self.observations.back()?);
        let seen_ms = last_ms - first_ms;
        (seen_ms >= WINDOW_MS_MIN).then(|| (last - first) as f64 * 1_000.0 / seen_ms as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observations_within_a_millisecond_are_not_lost() {
        let mut throughput = Throughput::default();
        for second in 0..6 {
            for admitted in [second * 100, second * 100 + 1] {
                throughput.observe(second as i64 * 1_000, admitted);
            }
        }
        assert_eq!(throughput.per_second(), Some(100.0));
        throughput.observe(4_000, 700);
        assert_eq!(throughput.per_second(), None, "the clock was set back");
    }
}
