//! The results of a load test, and their output as a page, as JSON, and as a summary in the terminal.

mod chart;
mod curve;
mod latency;
mod line;
mod line_chart;
mod line_page;
mod numbers;
mod page;
mod place;
mod terminal;
mod throughput;
mod tickets;
mod timeline;

pub use latency::Latency;
pub use line::{Estimates, LineResults, Shown};
pub(crate) use numbers::thousands;
pub use place::demand_place;
pub use terminal::summary;
pub use tickets::TicketResults;
pub use timeline::{Instants, Timeline, Trouble};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// All results of a load test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The checks and warnings.
    pub verdict: Assessment,
    /// The campaign.
    pub campaign: String,
    /// The server's address.
    pub target: String,
    /// Whether a temporary server was started for this run.
    pub own_server: bool,
    /// Start of the load (UTC).
    pub started_at: String,
    /// The command line.
    pub command: String,
    /// The version of the load test.
    pub version: String,
    /// Counts and rates.
    pub figures: Results,
    /// Decisions by code; codes without decisions are left out.
    pub outcomes: Vec<Outcomes>,
    /// Latency of users that got a coupon.
    pub success: Latency,
    /// Latency of users that were refused.
    pub refusal: Latency,
    /// Responses over time.
    pub timeline: Timeline,
    /// Attempts without a decision.
    pub trouble: Trouble,
    /// Processor time during the load.
    pub processor: ProcessorTime,
    /// The machine of the load test.
    pub machine: Machine,
    /// The waiting line, if one was tested.
    #[serde(default)]
    pub line: Option<LineResults>,
    /// The sale of tickets, if one was tested.
    #[serde(default)]
    pub tickets: Option<TicketResults>,
}

impl Report {
    /// Whether no check has failed. The exit status depends on it.
    pub fn books_balance(&self) -> bool {
        self.verdict.balanced
    }

    /// The report as one self-contained HTML page.
    ///
    /// # Errors
    /// When the template cannot be rendered.
    pub fn to_html(&self) -> anyhow::Result<String> {
        page::render(self)
    }
}

/// The result of all checks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Whether no check has failed.
    pub balanced: bool,
    /// Each check.
    pub checks: Vec<Check>,
    /// Limitations of the results.
    pub warnings: Vec<String>,
}

impl Assessment {
    /// Combines the checks.
    pub fn of(checks: Vec<Check>, warnings: Vec<String>) -> Self {
        let balanced = checks.iter().all(|check| check.status != CheckStatus::Failed);
        Self { balanced, checks, warnings }
    }

    /// Number of checks with this status.
    pub fn count(&self, status: CheckStatus) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Stable name.
    pub id: String,
    /// Title in English.
    pub title: String,
    /// Title in Korean.
    pub title_ko: String,
    /// Its status.
    pub status: CheckStatus,
    /// The expected value.
    pub expected: String,
    /// The observed value, or why it could not be observed.
    pub found: String,
}

/// The status of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// The observation matches.
    Passed,
    /// The observation does not match.
    Failed,
    /// Not observable.
    Skipped,
}

/// Counts and rates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Number of users.
    pub users: u32,
    /// Number of connections.
    pub connections: usize,
    /// Number of event loops.
    pub threads: usize,
    /// Stock of the campaign.
    pub stock: u32,
    /// Requested arrivals per second; `None`: all users at once.
    pub asked_per_second: Option<u32>,
    /// Seconds from the first request to the last decision.
    pub elapsed_seconds: f64,
    /// Decisions per second over that time.
    pub answers_per_second: f64,
    /// Time of the first response that the campaign is sold out.
    pub sold_out_seconds: Option<f64>,
    /// Coupons received.
    pub issued: u64,
    /// Users that gave up without a decision.
    pub unanswered: u64,
}

/// Decisions with one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// The code on the wire.
    pub code: String,
    /// Number of users with this decision.
    pub count: u64,
}

impl Outcomes {
    /// Builds the list without zeros.
    pub fn of(counts: impl IntoIterator<Item = (&'static str, u64)>) -> Vec<Self> {
        let heard = counts.into_iter().filter(|(_, count)| *count > 0);
        heard.map(|(code, count)| Self { code: code.to_owned(), count }).collect()
    }
}

/// Processor time in seconds during the load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessorTime {
    /// Of the load test: user and system.
    pub generator: Option<(f64, f64)>,
    /// Of a temporary server: user and system.
    pub server: Option<(f64, f64)>,
}

impl ProcessorTime {
    /// The difference of two readings.
    pub fn between(before: Option<(f64, f64)>, after: Option<(f64, f64)>) -> Option<(f64, f64)> {
        let (before, after) = before.zip(after)?;
        Some((after.0 - before.0, after.1 - before.1))
    }
}

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Processor model.
    pub cpu: String,
    /// Cores.
    pub cores: u32,
    /// Kernel name and release.
    pub kernel: String,
    /// Memory in MiB.
    pub memory_mib: u64,
}

/// The path of the JSON file: beside the page, with the extension `.json`.
pub fn json_path(page: &Path) -> PathBuf {
    page.with_extension("json")
}

/// Writes the page, and the JSON file beside it.
///
/// # Errors
/// When a file cannot be written.
pub fn write(report: &Report, page: &Path) -> anyhow::Result<()> {
    let write = |path: &Path, text: String| {
        std::fs::write(path, text).with_context(|| format!("cannot write the report {}", path.display()))
    };
    write(page, report.to_html()?)?;
    write(&json_path(page), serde_json::to_string_pretty(report)?)
}

#[cfg(test)]
mod tests;
