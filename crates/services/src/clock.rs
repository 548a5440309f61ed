//! The one place that reads the clock for the services.

use domain::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970-01-01T00:00:00 UTC.
pub fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64
}

/// Now.
pub fn now() -> Timestamp {
    at(now_us())
}

/// The moment of a count of microseconds.
pub fn at(now_us: u64) -> Timestamp {
    Timestamp((now_us / 1000) as i64)
}
