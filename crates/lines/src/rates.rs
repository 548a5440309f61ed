//! How fast lines go, as this process sees them: for operators, and for those who wait.

use domain::Timestamp;
use domain::line::{Forecast, LineCounts, LineId, LineRule, Observation, Outlook, Throughput};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Lines that are remembered at once; of more, those that were looked at last.
const LINES_MAX: usize = 10_000;

/// What is known of one line.
#[derive(Default)]
struct Known {
    throughput: Throughput,
    outlook: Outlook,
    looked_at_ms: i64,
}

/// What every line has done lately, as this process sees it. Cheap to clone.
#[derive(Clone, Default)]
pub struct Rates(Arc<Mutex<HashMap<LineId, Known>>>);

impl Rates {
    /// Looks at a line.
    pub fn look(&self, line: &LineId, rule: &LineRule, figures: &LineCounts, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LINES_MAX && !all.contains_key(line) {
            forget_half(&mut all);
        }
        let known = all.entry(line.clone()).or_default();
        known.looked_at_ms = now.millis();
        known.throughput.observe(now.millis(), figures.admitted);
        known.outlook.observe(Observation::of(rule, figures, now));
    }

    /// People let go a second, whether or not anybody waited; none before enough was seen.
    pub fn per_second(&self, line: &LineId) -> Option<f64> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(line)?.throughput.per_second()
    }

    /// What those who wait are told; nobody goes in a line that was not looked at.
    pub fn forecast(&self, line: &LineId) -> Forecast {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(line).map(|known| known.outlook.forecast()).unwrap_or_default()
    }
}

fn forget_half(all: &mut HashMap<LineId, Known>) {
    let mut moments: Vec<i64> = all.values().map(|known| known.looked_at_ms).collect();
    let middle = moments.len() / 2;
    let (_, middle_ms, _) = moments.select_nth_unstable(middle);
    let middle_ms = *middle_ms;
    all.retain(|_, known| known.looked_at_ms > middle_ms);
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
    fn lines_are_remembered_up_to_a_bound_and_those_looked_at_last_stay() {
        let rates = Rates::default();
        let line = |n: usize| LineId::Queue(EventName::new(&format!("line-{n}")).expect("a name"));
        for n in 0..=LINES_MAX {
            rates.look(&line(n), &rule(7), &LineCounts::default(), Timestamp(n as i64));
        }
        assert_eq!(rates.forecast(&line(LINES_MAX)).people_per_second, 7.0);
        assert_eq!(rates.forecast(&line(0)), Forecast::default());
        assert!(rates.0.lock().expect("whole").len() <= LINES_MAX);
    }
}
