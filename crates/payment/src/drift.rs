//! Clocks that differ (hole 15): the `Date` of every answer is compared with ours.

use domain::Timestamp;
use std::time::UNIX_EPOCH;

/// From here on it is a warning, in milliseconds.
const WARN_MS: i64 = 500;
/// From here on it is an alarm, in milliseconds.
const ALARM_MS: i64 = 5_000;

/// How far a clock is ahead of ours at least (behind: below 0), in milliseconds. `date` names a whole second, and it was read
/// some time between `sent` and `received`.
fn drift_ms(date: Timestamp, sent: Timestamp, received: Timestamp) -> i64 {
    let (first, last) = (date.millis(), date.millis() + 999);
    if first > received.millis() {
        first - received.millis()
    } else if last < sent.millis() {
        last - sent.millis()
    } else {
        0
    }
}

/// Compares the header `Date` of an answer.
pub(crate) fn look(of: &'static str, date: Option<&str>, sent: Timestamp, received: Timestamp) {
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let since = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
    if let Some(at) = since.and_then(|since| i64::try_from(since.as_millis()).ok()) {
        note(of, Timestamp(at), sent, received);
    }
}

/// Compares the clock that a role has told.
pub(crate) fn note(of: &'static str, date: Timestamp, sent: Timestamp, received: Timestamp) {
    let drift_ms = drift_ms(date, sent, received);
    metrics::gauge!("onsale_payment_clock_drift_ms", "of" => of).set(drift_ms as f64);
    match drift_ms.abs() {
        ALARM_MS.. => tracing::error!(of, drift_ms, "the clocks differ: one of the two is wrong"),
        WARN_MS.. => tracing::warn!(of, drift_ms, "the clocks differ"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_may_be_right_does_not_differ() {
        for (date, sent, received, drift) in [
            (10_000, 10_400, 10_500, 0),
            (10_000, 11_000, 11_100, -1),
            (10_000, 16_000, 16_100, -5_001),
            (10_000, 9_100, 9_400, 600),
            (10_000, 9_000, 12_000, 0),
        ] {
            assert_eq!(drift_ms(Timestamp(date), Timestamp(sent), Timestamp(received)), drift, "{date} {sent}");
        }
    }
}
