//! What happened when, and what went wrong on the way.

use serde::{Deserialize, Serialize};

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
