//! The rates of lines as this process measures them, for operators and for waiting users.

use domain::Timestamp;
use domain::line::{Forecast, LineCounts, LineId, LineRule, Observation, Outlook, Throughput};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most lines in memory. Beyond it the lines observed last are kept.
const LINES_MAX: usize = 10_000;

/// The measurements of one line.
#[derive(Default)]
struct LineRates {
    throughput: Throughput,
    outlook: Outlook,
    observed_at_ms: i64,
}

/// The recent rates of all lines, as this process measures them. Cheap to clone.
#[derive(Clone, Default)]
pub struct Rates(Arc<Mutex<HashMap<LineId, LineRates>>>);

impl Rates {
    /// Records the present counts of a line.
    pub fn observe(&self, line: &LineId, rule: &LineRule, counts: &LineCounts, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LINES_MAX && !all.contains_key(line) {
            forget_half(&mut all);
        }
        let rates = all.entry(line.clone()).or_default();
        rates.observed_at_ms = now.millis();
        rates.throughput.observe(now.millis(), counts.admitted);
        rates.outlook.observe(Observation::of(rule, counts, now));
    }

    /// People admitted a second, with or without people waiting; none before enough observations.
    pub fn per_second(&self, line: &LineId) -> Option<f64> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(line)?.throughput.per_second()
    }

    /// The forecast for waiting users. A line without observations has a forecast of zero.
    pub fn forecast(&self, line: &LineId) -> Forecast {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(line).map(|rates| rates.outlook.forecast()).unwrap_or_default()
    }
}

fn forget_half(all: &mut HashMap<LineId, LineRates>) {
    let mut moments: Vec<i64> = all.values().map(|rates| rates.observed_at_ms).collect();
    let middle = moments.len() / 2;
    let (_, middle_ms, _) = moments.select_nth_unstable(middle);
    let middle_ms = *middle_ms;
    all.retain(|_, rates| rates.observed_at_ms > middle_ms);
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::EventName;
    use domain::line::Admits;

    fn rule(rate_per_second: u32) -> LineRule {
        LineRule { capacity: 100, admits: Admits::Pass { ttl_ms: 1_000 }, ..LineRule::new(rate_per_second) }
    }

    #[test]
    fn lines_are_kept_up_to_a_limit_and_those_observed_last_stay() {
        let rates = Rates::default();
        let line = |n: usize| LineId::Queue(EventName::new(&format!("line-{n}")).expect("a name"));
        for n in 0..=LINES_MAX {
            rates.observe(&line(n), &rule(7), &LineCounts::default(), Timestamp(n as i64));
        }
        assert_eq!(rates.forecast(&line(LINES_MAX)).people_per_second, 7.0);
        assert_eq!(rates.forecast(&line(0)), Forecast::default());
        assert!(rates.0.lock().expect("whole").len() <= LINES_MAX);
    }
}
