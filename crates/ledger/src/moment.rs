//! Converts between [`Timestamp`] and the databases' times. Milliseconds survive both ways.

use domain::Timestamp;
use sea_orm::prelude::DateTimeUtc;

/// The latest moment that all three databases can hold (9999-12-31T23:59:59.999).
const LATEST_MS: i64 = 253_402_300_799_999;

/// A moment as the databases store it. A moment outside 1970..9999 becomes the nearer end.
pub fn stored(at: Timestamp) -> DateTimeUtc {
    DateTimeUtc::from_timestamp_millis(at.millis().clamp(0, LATEST_MS)).unwrap_or_default()
}

/// A stored time as a moment.
pub fn read(at: DateTimeUtc) -> Timestamp {
    Timestamp(at.timestamp_millis())
}

/// The time of writing, for columns that say when a row was made. No rule depends on it.
pub fn now() -> DateTimeUtc {
    stored(clock::now())
}
