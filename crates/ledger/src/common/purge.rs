//! Deletes old rows of the common tables (MSG-002): daily at 02:00 UTC (`contract-ticketing.md`, Messages), and when an operator
//! asks for it.

use super::{outbox, processed};
use crate::connect::Ledger;
use crate::error::LedgerError;
use domain::Timestamp;
use std::time::Duration;

/// How long published messages stay in the outbox.
const PUBLISHED_KEPT_DAYS: i64 = 7;
/// How long the record of a processed message is kept.
const PROCESSED_KEPT_DAYS: i64 = 30;
const DAY_SECONDS: i64 = 86_400;
/// The time of the daily run, after midnight in UTC.
const RUN_AT_SECONDS: i64 = 2 * 3_600;
/// After a run that could not delete everything, the next one comes so soon.
const RETRY_SECONDS: i64 = 600;
/// The clock is looked at so often: it may be set, and a machine may sleep.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Deletes the rows that are too old at `now`. Returns the number of outbox rows and of processed records. The periods
/// are the same for all services, so it does not matter whose service deletes a shared row.
///
/// # Errors
/// [`LedgerError`]; the next run deletes the rest.
pub async fn once(ledger: &Ledger, now: Timestamp) -> Result<(u64, u64), LedgerError> {
    let published = now.plus_seconds(-PUBLISHED_KEPT_DAYS * DAY_SECONDS);
    let processed = now.plus_seconds(-PROCESSED_KEPT_DAYS * DAY_SECONDS);
    let messages = outbox::delete_published_before(ledger, published).await?;
    Ok((messages, processed::delete_before(ledger, processed).await?))
}

/// The first daily run after `now`.
pub fn next_run(now: Timestamp) -> Timestamp {
    let (run_at_ms, day_ms) = (RUN_AT_SECONDS * 1_000, DAY_SECONDS * 1_000);
    let day = (now.millis() - run_at_ms).div_euclid(day_ms) + 1;
    Timestamp(day * day_ms + run_at_ms)
}

/// Runs [`once`] on each of the databases daily at 02:00 UTC, until `stopped` completes.
pub async fn run(ledgers: Vec<Ledger>, stopped: impl Future<Output = ()>) {
    let mut stopped = std::pin::pin!(stopped);
    let mut due = next_run(clock::now());
    loop {
        tokio::select! {
            () = &mut stopped => return,
            () = wait_until(due) => {}
        }
        let is_done = all(&ledgers).await;
        let now = clock::now();
        due = if is_done { next_run(now) } else { now.plus_seconds(RETRY_SECONDS) };
    }
}

async fn wait_until(due: Timestamp) {
    loop {
        let left = u64::try_from(due.millis() - clock::now().millis()).unwrap_or(0);
        if left == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(left).min(LOOK_EVERY)).await;
    }
}

/// Returns whether everything that was too old is gone.
async fn all(ledgers: &[Ledger]) -> bool {
    let mut is_done = true;
    for ledger in ledgers {
        let schema = ledger.database().schema.name;
        match once(ledger, clock::now()).await {
            Ok((messages, records)) => tracing::info!(schema, messages, records, "old messages were deleted"),
            Err(error) => {
                is_done = false;
                tracing::warn!(schema, %error, "old messages cannot be deleted now; it is tried again in ten minutes");
            }
        }
    }
    is_done
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::message::topic::PLANS;

    /// Whatever a broker still has is known to whoever has had it: a place that is behind causes nothing twice.
    #[test]
    fn the_record_of_a_message_outlives_the_message() {
        for plan in PLANS {
            assert!(plan.kept_days < PROCESSED_KEPT_DAYS, "{}", plan.name);
        }
    }

    #[test]
    fn the_next_run_is_at_two_in_utc() {
        for (now, next) in [
            ("2026-12-01T00:00:00Z", "2026-12-01T02:00:00Z"),
            ("2026-12-01T01:59:59.999Z", "2026-12-01T02:00:00Z"),
            ("2026-12-01T02:00:00Z", "2026-12-02T02:00:00Z"),
            ("2026-12-01T10:59:00+09:00", "2026-12-01T02:00:00Z"),
            ("2026-12-31T23:59:59Z", "2027-01-01T02:00:00Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T02:00:00Z"),
        ] {
            let moment = |text| Timestamp::parse(text).expect("a time");
            assert_eq!(next_run(moment(now)), moment(next), "{now}");
        }
    }
}
