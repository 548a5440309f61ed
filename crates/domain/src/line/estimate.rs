//! How many were admitted lately, for operators: whether or not there was anybody to admit. What people are told is an
//! [`super::Outlook`].

use std::collections::VecDeque;

/// How far back is looked: longer than a pause for breath.
const WINDOW_MS: i64 = 30_000;
/// Before so much was seen nothing is told.
const WINDOW_MS_MIN: i64 = 3_000;

/// How many were admitted lately, from looks at a counter.
#[derive(Clone, Debug, Default)]
pub struct Throughput {
    looks: VecDeque<(i64, u64)>,
}

impl Throughput {
    /// The counter of admissions stood here at this moment. A clock that was set back starts anew; of two looks within
    /// a millisecond the first counts.
    pub fn observe(&mut self, at_ms: i64, admitted: u64) {
        match self.looks.back() {
            Some((before_ms, before)) if at_ms < *before_ms || admitted < *before => self.looks.clear(),
            Some((before_ms, _)) if at_ms == *before_ms => return,
            _ => {}
        }
        self.looks.push_back((at_ms, admitted));
        while self.looks.len() > 2 && self.looks[1].0 <= at_ms - WINDOW_MS {
            self.looks.pop_front();
        }
    }

    /// People a second; none before enough was seen.
    pub fn per_second(&self) -> Option<f64> {
        let ((first_ms, first), (last_ms, last)) = (*self.looks.front()?, *self.looks.back()?);
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
