//! The counts of all lines as metrics, for operators (QUEUE-007).

use crate::labels::{OTHER, is_named, label};
use crate::scheduler::Serves;
use domain::line::{LineCounts, LineId, LineRule};
use hot::HotError;
use hot::line::{Clock, LinePort};
use metrics::{counter, gauge};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// How often the counts are read.
const EVERY: Duration = Duration::from_secs(2);

/// Counts people admitted to a line.
pub fn count_admitted(line: &LineId, count: u64) {
    counter!("onsale_line_admitted_total", "line" => label(line)).increment(count);
}

/// Shows the counters of a line from the moment it is known, so that its first event is a growth and not a new series.
fn show_counters(line: &str) {
    counter!("onsale_line_admitted_total", "line" => line.to_owned()).increment(0);
    counter!("onsale_line_put_back_total", "line" => line.to_owned()).increment(0);
}

/// Sets the metrics of the lines that `serves` accepts until the process ends. Servers that share lines all show the same
/// values.
pub async fn report_metrics(port: Arc<dyn LinePort>, serves: Serves) {
    let mut shown = HashMap::new();
    show_counters(OTHER);
    loop {
        if let Err(error) = show(port.as_ref(), serves, &mut shown).await {
            // The scheduler logs the same failure as a warning.
            tracing::debug!(%error, "the counts of lines could not be read");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What was read of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Figures {
    waiting: u64,
    inactive: u64,
    inside: u64,
    processing: u64,
    /// Users admitted a second at present; 0 while admission is stopped.
    rate_per_second: u64,
    /// It was read while it was at rest: its figures stay.
    is_at_rest: bool,
}

impl Figures {
    fn of(counts: &LineCounts, rule: &LineRule, is_at_rest: bool) -> Self {
        Self {
            waiting: counts.waiting,
            inactive: counts.inactive,
            inside: counts.inside,
            processing: counts.processing,
            rate_per_second: if rule.admits_at(clock::now()) { u64::from(rule.rate_per_second) } else { 0 },
            is_at_rest,
        }
    }

    fn plus(self, other: &Self) -> Self {
        Self {
            waiting: self.waiting + other.waiting,
            inactive: self.inactive + other.inactive,
            inside: self.inside + other.inside,
            processing: self.processing + other.processing,
            rate_per_second: self.rate_per_second + other.rate_per_second,
            is_at_rest: false,
        }
    }

    fn show(&self, line: &str) {
        for (name, value) in [
            ("onsale_line_waiting", self.waiting),
            ("onsale_line_away", self.inactive),
            ("onsale_line_inside", self.inside),
            ("onsale_line_processing", self.processing),
            ("onsale_line_rate_per_second", self.rate_per_second),
        ] {
            gauge!(name, "line" => line.to_owned()).set(value as f64);
        }
    }
}

/// A line at rest is read once. Lines without series of their own are shown together.
async fn show(port: &dyn LinePort, serves: Serves, shown: &mut HashMap<LineId, Figures>) -> Result<(), HotError> {
    let lines: HashSet<LineId> = port.lines().await?.into_iter().collect();
    gauge!("onsale_lines").set(lines.len() as f64);
    let (gone, _): (Vec<LineId>, Vec<LineId>) = shown.keys().cloned().partition(|line| !lines.contains(line));
    for line in gone {
        shown.remove(&line);
        if is_named(&line) {
            Figures::default().show(&line.to_string());
        }
    }
    for line in lines.into_iter().filter(serves) {
        let is_quiet = port.is_quiet(&line);
        if is_quiet && shown.get(&line).is_some_and(|figures| figures.is_at_rest) {
            continue;
        }
        let (Some(counts), Some(rule)) = (port.counts(&line, 0, Clock::Engine).await?, port.rule(&line).await?) else {
            continue;
        };
        let figures = Figures::of(&counts, &rule, is_quiet);
        if is_named(&line) {
            figures.show(&line.to_string());
            show_counters(&line.to_string());
        }
        shown.insert(line, figures);
    }
    let others = shown.iter().filter(|(line, _)| !is_named(line)).map(|(_, figures)| figures);
    if let Some(all) = others.fold(None, |all: Option<Figures>, one| Some(all.unwrap_or_default().plus(one))) {
        all.show(OTHER);
    }
    Ok(())
}
