//! The counts of all lines as metrics, for operators (QUEUE-007).

use crate::scheduler::Serves;
use domain::line::{LineCounts, LineId, LineRule};
use hot::HotError;
use hot::line::{Clock, LinePort};
use metrics::{counter, gauge};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often the counts are read.
const EVERY: Duration = Duration::from_secs(2);
/// Most lines with a series of their own, by name. A series stays once it exists, also after its line was ended.
const LINES_MAX: usize = 1_000;
/// The series of all further lines.
const OTHERS: &str = "others";

/// The lines with a series of their own.
static NAMED: Mutex<BTreeSet<LineId>> = Mutex::new(BTreeSet::new());

/// The label of a line in metrics.
pub fn label_of(line: &LineId) -> String {
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    if named.len() < LINES_MAX && !named.contains(line) {
        named.insert(line.clone());
    }
    if named.contains(line) { line.to_string() } else { OTHERS.to_owned() }
}

/// Counts people admitted to a line.
pub fn count_admitted(line: &LineId, count: u64) {
    counter!("onsale_line_admitted_total", "line" => label_of(line)).increment(count);
}

/// Sets the metrics of the lines that `serves` accepts until the process ends. Servers that share lines all show the same
/// values.
pub async fn report_metrics(port: Arc<dyn LinePort>, serves: Serves) {
    let mut shown = HashMap::new();
    loop {
        if let Err(error) = show(port.as_ref(), serves, &mut shown).await {
            // The scheduler logs the same failure as a warning.
            tracing::debug!(%error, "the counts of lines could not be read");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// A line at rest is read once: its figures stay. `shown`: lines that were read, and whether they were at rest.
async fn show(port: &dyn LinePort, serves: Serves, shown: &mut HashMap<LineId, bool>) -> Result<(), HotError> {
    let lines = port.lines().await?;
    gauge!("onsale_lines").set(lines.len() as f64);
    for (line, _) in shown.extract_if(|line, _| !lines.contains(line)) {
        show_line(&line, &LineCounts::default());
        show_rate(&line, &LineRule::new(0));
    }
    for line in lines.iter().filter(|line| serves(line)).take(LINES_MAX) {
        let is_quiet = port.is_quiet(line);
        if is_quiet && shown.get(line) == Some(&true) {
            continue;
        }
        if let Some(counts) = port.counts(line, 0, Clock::Engine).await? {
            show_line(line, &counts);
        }
        if let Some(rule) = port.rule(line).await? {
            show_rate(line, &rule);
        }
        shown.insert(line.clone(), is_quiet);
    }
    Ok(())
}

/// Users admitted a second at present; 0 while admission is stopped.
fn show_rate(line: &LineId, rule: &LineRule) {
    let rate = if rule.admits_at(clock::now()) { rule.rate_per_second } else { 0 };
    gauge!("onsale_line_rate_per_second", "line" => label_of(line)).set(f64::from(rate));
}

fn show_line(line: &LineId, counts: &LineCounts) {
    for (name, value) in [
        ("onsale_line_waiting", counts.waiting),
        ("onsale_line_away", counts.inactive),
        ("onsale_line_inside", counts.inside),
        ("onsale_line_processing", counts.processing),
    ] {
        gauge!(name, "line" => label_of(line)).set(value as f64);
    }
}
