//! Responses over time, and attempts without a decision.

use serde::{Deserialize, Serialize};

/// The counts of one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instants {
    /// Decisions.
    pub answers: u32,
    /// Coupons among them.
    pub issued: u32,
    /// Attempts without a decision.
    pub troubles: u32,
}

impl Instants {
    /// Adds another interval.
    pub fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.issued += other.issued;
        self.troubles += other.troubles;
    }
}

/// Responses over time, in intervals of [`Timeline::BUCKET_MS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The intervals from the start on.
    pub buckets: Vec<Instants>,
}

impl Timeline {
    /// Length of an interval in milliseconds.
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
    /// Failed connections.
    pub not_connected: u64,
    /// Connections that ended before the response.
    pub broken: u64,
    /// No response within ten seconds.
    pub timed_out: u64,
    /// Responses that were not HTTP.
    pub malformed: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Coupons whose first response was lost, confirmed by `ALREADY_ISSUED`.
    pub yes_heard_late: u64,
}

impl Trouble {
    /// All reasons by name, including zeros.
    pub fn rows(&self) -> [(&'static str, u64); 9] {
        [
            ("429 too many requests", self.limited),
            ("503 unavailable", self.unavailable),
            ("other 5xx", self.faults),
            ("failed connections", self.not_connected),
            ("lost connections", self.broken),
            ("time-outs", self.timed_out),
            ("malformed responses", self.malformed),
            ("retries", self.retries),
            ("coupons confirmed by a retry", self.yes_heard_late),
        ]
    }

    /// Adds the counts of another thread.
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
