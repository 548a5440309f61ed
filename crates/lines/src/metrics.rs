//! LineCounts of all lines as metrics, for operators (QUEUE-007).

use crate::scheduler::Serves;
use domain::line::{LineCounts, LineId, LineRule};
use hot::HotError;
use hot::line::{Clock, LinePort};
use metrics::gauge;
use std::sync::Arc;
use std::time::Duration;

/// How often the figures are read.
const EVERY: Duration = Duration::from_secs(2);
/// Most lines that are shown each by its name: a series that was shown once is kept.
const LINES_MAX: usize = 1_000;

/// Shows the figures of all lines until the process ends. Servers that share lines all show the same.
pub async fn show_figures(port: Arc<dyn LinePort>, serves: Serves) {
    loop {
        if let Err(error) = show(port.as_ref(), serves).await {
            // Whoever lets people go says so loudly.
            tracing::debug!(%error, "the figures of lines could not be read");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn show(port: &dyn LinePort, serves: Serves) -> Result<(), HotError> {
    let lines = port.lines().await?;
    gauge!("onsale_lines").set(lines.len() as f64);
    for line in lines.iter().filter(|line| serves(line)).take(LINES_MAX) {
        if let Some(figures) = port.counts(line, 0, Clock::Engine).await? {
            show_line(line, &figures);
        }
        if let Some(rule) = port.rule(line).await? {
            show_rate(line, &rule);
        }
    }
    Ok(())
}

/// How many a second may go now; 0 while nobody may.
fn show_rate(line: &LineId, rule: &LineRule) {
    let rate = if rule.admits_at(clock::now()) { rule.rate_per_second } else { 0 };
    gauge!("onsale_line_rate_per_second", "line" => line.to_string()).set(f64::from(rate));
}

fn show_line(line: &LineId, figures: &LineCounts) {
    for (name, value) in [
        ("onsale_line_waiting", figures.waiting),
        ("onsale_line_away", figures.inactive),
        ("onsale_line_inside", figures.inside),
        ("onsale_line_processing", figures.processing),
    ] {
        gauge!(name, "line" => line.to_string()).set(value as f64);
    }
}
