//! A summary of latencies, for text and charts.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

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
        // Beyond the last user there is nothing to draw.
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

/// Rounds to significant digits, so that the value survives writing and reading.
fn rounded_to(number: f64, parts_of_one: f64) -> f64 {
    (number * parts_of_one).round() / parts_of_one
}
