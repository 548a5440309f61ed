//! The results of a load test at a waiting line.

use super::Latency;
use serde::{Deserialize, Serialize};

/// The results of a waiting line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineResults {
    /// The name of the line.
    pub line: String,
    /// Whether users computed their rank from the public document.
    pub by_document: bool,
    /// Polling interval in milliseconds.
    pub poll_ms: u32,
    /// The highest rate of the line, in users per second; `None` if not observed.
    pub rate_per_second: Option<u32>,
    /// Users that entered the line.
    pub entered: u64,
    /// Users that left and did not return.
    pub left: u64,
    /// Users that left and returned.
    pub came_back: u64,
    /// Users that enqueued twice.
    pub asked_twice: u64,
    /// Requests that tried to bypass the line.
    pub cheats: u64,
    /// Received ranks.
    pub ranks_heard: u64,
    /// Uses of the public document, by request or over a stream.
    pub documents: u64,
    /// Streams that delivered it.
    #[serde(default)]
    pub streams: u64,
    /// Documents delivered by streams.
    #[serde(default)]
    pub streamed: u64,
    /// Latency of entering the line.
    pub entering: Latency,
    /// Latency of polling the rank.
    pub looking: Latency,
    /// Maximum admissions within a second; `None` if not observed.
    pub busiest_second: Option<u64>,
    /// The accuracy of estimates; `None` when no user waited long enough.
    pub estimates: Option<Estimates>,
    /// Admissions over time: seconds since the start, and users per second until then.
    pub admissions: Vec<(f64, f64)>,
    /// The ranks of some users.
    pub shown: Vec<Shown>,
}

/// The accuracy of estimated waits: the estimate from the public document compared with the actual wait.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimates {
    /// Evaluated estimates: the remaining wait was at least ten seconds, and ten times the uncertainty of the time of
    /// admission.
    pub count: u64,
    /// Number of times that such users got no estimate, because no user was admitted.
    #[serde(default)]
    pub untold: u64,
    /// The median error in percent of the wait.
    pub median_percent: f64,
    /// The 90th percentile of the error, in percent of the wait.
    #[serde(default)]
    pub p90_percent: f64,
    /// The worst error in percent of the wait.
    pub worst_percent: f64,
}

/// The ranks of one user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The user id.
    pub user: String,
    /// Seconds since the start, and the rank; 0 when admitted.
    pub ranks: Vec<(f64, u32)>,
}
