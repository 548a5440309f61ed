//! The figures of a rush, and how they are shown: as a page, as JSON, as a few lines in the terminal.

mod chart;
mod curve;
mod numbers;
mod page;
mod terminal;
mod throughput;

pub(crate) use numbers::thousands;
pub use terminal::summary;

use anyhow::Context;
use hdrhistogram::Histogram;
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
}

impl Report {
    /// Whether no check has failed; the exit status follows it.
    pub fn books_balance(&self) -> bool {
        self.verdict.balanced
    }

    /// The report as one HTML page that needs nothing else.
    ///
    /// # Errors
    /// When the template can not be filled.
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

/// Latencies in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// How many were measured.
    pub count: u64,
    /// The average.
    pub mean_ms: f64,
    /// Half were faster.
    pub p50_ms: f64,
    /// Nine of ten were faster.
    pub p90_ms: f64,
    /// 99 of 100 were faster.
    pub p99_ms: f64,
    /// 999 of 1000 were faster.
    pub p999_ms: f64,
    /// The slowest.
    pub max_ms: f64,
    /// Percentile (0..=100) and latency in milliseconds, ascending, as drawn.
    pub curve: Vec<(f64, f64)>,
}

/// Points of the curve in each decade of the percentile axis (90 to 99, 99 to 99.9, ...).
const POINTS_PER_DECADE: i32 = 20;

impl Latency {
    /// Reads a histogram of microseconds.
    pub fn of(histogram_us: &Histogram<u64>) -> Self {
        let count = histogram_us.len();
        if count == 0 {
            return Self::default();
        }
        let at = |percentile: f64| histogram_us.value_at_percentile(percentile) as f64 / 1_000.0;
        // Beyond the last person there is nothing to draw.
        let decades = (count as f64).log10();
        let points = (decades * f64::from(POINTS_PER_DECADE)) as i32;
        let percentile = |point: i32| {
            let share = 1.0 - 10f64.powf(-f64::from(point) / f64::from(POINTS_PER_DECADE));
            rounded_to(share * 100.0, 1e8)
        };
        Self {
            count,
            mean_ms: rounded_to(histogram_us.mean() / 1_000.0, 1e3),
            p50_ms: at(50.0),
            p90_ms: at(90.0),
            p99_ms: at(99.0),
            p999_ms: at(99.9),
            max_ms: histogram_us.max() as f64 / 1_000.0,
            curve: (0..=points).map(percentile).map(|percentile| (percentile, at(percentile))).collect(),
        }
    }
}

/// Keeps no more digits than mean anything, so that they survive being written and read.
fn rounded_to(number: f64, parts_of_one: f64) -> f64 {
    (number * parts_of_one).round() / parts_of_one
}

/// What happened in one stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instants {
    /// Decisions heard.
    pub answers: u32,
    /// Yeses among them.
    pub issued: u32,
    /// Attempts without a decision.
    pub troubles: u32,
}

impl Instants {
    /// Adds another stretch.
    pub fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.issued += other.issued;
        self.troubles += other.troubles;
    }
}

/// Answers over time, in stretches of [`Timeline::BUCKET_MS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// From the start on, one after the other.
    pub buckets: Vec<Instants>,
}

impl Timeline {
    /// Length of a stretch in milliseconds.
    pub const BUCKET_MS: u64 = 100;

    /// Adds another thread's time line.
    pub fn add(&mut self, other: &Self) {
        let buckets = self.buckets.len().max(other.buckets.len());
        self.buckets.resize(buckets, Instants::default());
        for (sum, part) in self.buckets.iter_mut().zip(&other.buckets) {
            sum.add(part);
        }
    }
}

/// Attempts without a decision, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// 429.
    pub limited: u64,
    /// 503.
    pub unavailable: u64,
    /// Other statuses from 500 on.
    pub faults: u64,
    /// Connections that could not be made.
    pub not_connected: u64,
    /// Connections that ended before the answer.
    pub broken: u64,
    /// No answer within ten seconds.
    pub timed_out: u64,
    /// Answers that were not HTTP.
    pub malformed: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Yeses whose first answer was lost, heard as `ALREADY_ISSUED`.
    pub yes_heard_late: u64,
}

impl Trouble {
    /// Each reason by name, also those that did not happen.
    pub fn rows(&self) -> [(&'static str, u64); 9] {
        [
            ("429 too many requests", self.limited),
            ("503 unavailable", self.unavailable),
            ("other server faults", self.faults),
            ("connection not made", self.not_connected),
            ("connection lost", self.broken),
            ("timed out", self.timed_out),
            ("malformed answers", self.malformed),
            ("requests sent again", self.retries),
            ("yeses heard at a retry", self.yes_heard_late),
        ]
    }

    /// Adds another thread's.
    pub fn add(&mut self, other: &Self) {
        self.limited += other.limited;
        self.unavailable += other.unavailable;
        self.faults += other.faults;
        self.not_connected += other.not_connected;
        self.broken += other.broken;
        self.timed_out += other.timed_out;
        self.malformed += other.malformed;
        self.retries += other.retries;
        self.yes_heard_late += other.yes_heard_late;
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
/// When a file can not be written.
pub fn write(report: &Report, page: &Path) -> anyhow::Result<()> {
    let write = |path: &Path, text: String| {
        std::fs::write(path, text).with_context(|| format!("the report {} can not be written", path.display()))
    };
    write(page, report.to_html()?)?;
    write(&json_path(page), serde_json::to_string_pretty(report)?)
}

#[cfg(test)]
mod tests;
