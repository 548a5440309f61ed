//! A load generator that may share its machine with the server, so its own cost must be low.
//!
//! Each thread is one event loop over its share of the connections ([`Engine`]). A [`Script`] makes the requests and
//! handles the responses. Requests are built in one reused buffer; responses are parsed in the read buffer.
//! [`drive`] is the simple form for benchmarks.

mod alarm;
mod drive;
mod engine;
mod exchange;
mod response;
mod script;
mod slot;
mod threads;

pub use drive::{Outcome, Plan, Until, drive, drive_after};
pub use engine::{Engine, Limits};
pub use response::{Answer, Malformed, parse};
pub use script::{After, Flow, Loss, Moments, Next, Script};
pub use threads::{cpu_seconds_of, each_thread, raise_open_files};

/// Histogram of latencies in microseconds: 1 us to 10 minutes, three significant digits. Longer ones count as 10 minutes.
pub fn latency_histogram() -> hdrhistogram::Histogram<u64> {
    // The bounds are constants and the second constructor has none, so neither can fail.
    hdrhistogram::Histogram::new_with_bounds(1, LATENCY_US_MAX, 3)
        .unwrap_or_else(|_| unreachable!("constant bounds are valid"))
}

/// The longest latency of a histogram, in microseconds.
pub const LATENCY_US_MAX: u64 = 600_000_000;

/// Records a latency given in nanoseconds.
pub fn record_ns(histogram: &mut hdrhistogram::Histogram<u64>, latency_ns: u64) {
    histogram.saturating_record((latency_ns / 1_000).clamp(1, LATENCY_US_MAX));
}
