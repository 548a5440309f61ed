//! What a rush has shown of a waiting line.

use super::Latency;
use serde::{Deserialize, Serialize};

/// A waiting line under a rush.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineFigures {
    /// Its name.
    pub line: String,
    /// Whether people worked their rank out from the public document.
    pub by_document: bool,
    /// How often a person looked, in milliseconds.
    pub poll_ms: u32,
    /// The highest rate that the line had, in people a second; none where it could not be seen.
    pub rate_per_second: Option<u32>,
    /// People who took a place.
    pub entered: u64,
    /// People who went away and did not come back.
    pub left: u64,
    /// People who went away and came back.
    pub came_back: u64,
    /// People who queued twice.
    pub asked_twice: u64,
    /// Requests of those who tried to get past the line.
    pub cheats: u64,
    /// Ranks heard.
    pub ranks_heard: u64,
    /// Times somebody knew the public document, by reading it or over a stream.
    pub documents: u64,
    /// Streams that told it.
    #[serde(default)]
    pub streams: u64,
    /// Documents that they told.
    #[serde(default)]
    pub streamed: u64,
    /// Latency of taking a place.
    pub entering: Latency,
    /// Latency of asking for the rank.
    pub looking: Latency,
    /// Most people let in within a second; none where it could not be seen.
    pub busiest_second: Option<u64>,
    /// How good the estimates were; none where nobody waited long enough to tell.
    pub estimates: Option<Estimates>,
    /// People let in a second, over time: seconds since the start, and people a second until then.
    pub admissions: Vec<(f64, f64)>,
    /// What some people were shown.
    pub shown: Vec<Shown>,
}

/// How good estimates of the wait were: what the public document told somebody of that rank and number, against the wait
/// itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimates {
    /// Estimates judged: told to those who still waited ten seconds or longer, and ten times as long as it is uncertain
    /// when they were let in.
    pub count: u64,
    /// Such people were told so often that nobody knows: while nobody was let in.
    #[serde(default)]
    pub untold: u64,
    /// The middle error in percent of the wait.
    pub median_percent: f64,
    /// The error that nine in ten do not exceed, in percent of the wait.
    #[serde(default)]
    pub p90_percent: f64,
    /// The worst error in percent of the wait.
    pub worst_percent: f64,
}

/// The ranks that one person was shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Who.
    pub user: String,
    /// Seconds since the start, and the rank; 0 when let in.
    pub ranks: Vec<(f64, u32)>,
}
