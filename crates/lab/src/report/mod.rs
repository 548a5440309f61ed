//! The figures of a rush, and how they are shown: as a page, as JSON, as a few lines in the terminal.

mod chart;
mod curve;
mod latency;
mod line;
mod line_chart;
mod line_page;
mod numbers;
mod page;
mod terminal;
mod throughput;
mod timeline;

pub use latency::Latency;
pub use line::{Estimates, LineFigures, Shown};
pub(crate) use numbers::thousands;
pub use terminal::summary;
pub use timeline::{Instants, Timeline, Trouble};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything a rush has shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Whether the books balance.
    pub verdict: Verdict,
    /// The campaign.
    pub campaign: String,
    /// The server's address.
    pub target: String,
    /// Whether the server was started for this rush alone.
    pub own_server: bool,
    /// When the crowd came (UTC).
    pub started_at: String,
    /// The command line.
    pub command: String,
    /// The version of the crowd.
    pub version: String,
    /// How many and how fast.
    pub figures: Figures,
    /// Decisions by code; codes that nobody heard are left out.
    pub outcomes: Vec<Outcomes>,
    /// Latency of those who got a coupon.
    pub success: Latency,
    /// Latency of those who were refused.
    pub refusal: Latency,
    /// Answers over time.
    pub timeline: Timeline,
    /// What went wrong on the way.
    pub trouble: Trouble,
    /// Processor time while the crowd ran.
    pub processor: ProcessorTime,
    /// Where all this ran.
    pub machine: Machine,
    /// The waiting line, where there was one.
    #[serde(default)]
    pub line: Option<LineFigures>,
}

impl Report {
    /// Whether no check has failed; the exit status follows it.
    pub fn books_balance(&self) -> bool {
        self.verdict.balanced
    }

    /// The report as one HTML page that needs nothing else.
    ///
    /// # Errors
    /// When the template cannot be filled.
    pub fn to_html(&self) -> anyhow::Result<String> {
        page::render(self)
    }
}

/// The judgement on the books.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether no check has failed.
    pub balanced: bool,
    /// Each check.
    pub checks: Vec<Check>,
    /// What a reader should know before trusting the figures.
    pub warnings: Vec<String>,
}

impl Verdict {
    /// Judges checks.
    pub fn of(checks: Vec<Check>, warnings: Vec<String>) -> Self {
        let balanced = checks.iter().all(|check| check.status != CheckStatus::Failed);
        Self { balanced, checks, warnings }
    }

    /// How many checks have this status.
    pub fn count(&self, status: CheckStatus) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Stable name.
    pub id: String,
    /// For people, in English.
    pub title: String,
    /// For people, in Korean.
    pub title_ko: String,
    /// How it ended.
    pub status: CheckStatus,
    /// What had to be.
    pub expected: String,
    /// What was, or why it could not be seen.
    pub found: String,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// As it must be.
    Passed,
    /// Not as it must be.
    Failed,
    /// Could not be seen.
    Skipped,
}

/// How many and how fast.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// People.
    pub users: u32,
    /// Connections that carried them.
    pub connections: usize,
    /// Event loops of the crowd.
    pub threads: usize,
    /// Coupons of the campaign.
    pub stock: u32,
    /// Arrivals asked for; `None`: everyone at once.
    pub asked_per_second: Option<u32>,
    /// From the first request to the last decision.
    pub elapsed_seconds: f64,
    /// Decisions a second over that time.
    pub answers_per_second: f64,
    /// When the first person heard that nothing is left.
    pub sold_out_seconds: Option<f64>,
    /// Yeses heard.
    pub issued: u64,
    /// People who gave up without a decision.
    pub unanswered: u64,
}

/// Decisions with one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// The code on the wire.
    pub code: String,
    /// How many people heard it.
    pub count: u64,
}

impl Outcomes {
    /// Names counts; zeros are left out.
    pub fn of(counts: impl IntoIterator<Item = (&'static str, u64)>) -> Vec<Self> {
        let heard = counts.into_iter().filter(|(_, count)| *count > 0);
        heard.map(|(code, count)| Self { code: code.to_owned(), count }).collect()
    }
}

/// Processor time in seconds while the crowd ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessorTime {
    /// The crowd's: user and system.
    pub generator: Option<(f64, f64)>,
    /// The server's, when it was ours: user and system.
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

/// Where the figures go: beside the page, with the ending `.json`.
pub fn json_path(page: &Path) -> PathBuf {
    page.with_extension("json")
}

/// Writes the page, and the figures beside it.
///
/// # Errors
/// When a file cannot be written.
pub fn write(report: &Report, page: &Path) -> anyhow::Result<()> {
    let write = |path: &Path, text: String| {
        std::fs::write(path, text).with_context(|| format!("the report {} cannot be written", path.display()))
    };
    write(page, report.to_html()?)?;
    write(&json_path(page), serde_json::to_string_pretty(report)?)
}

#[cfg(test)]
mod tests;
