//! Deletes old rows of the common tables (MSG-002).

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
/// Time between two runs.
const INTERVAL: Duration = Duration::from_secs(3_600);

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

/// Runs [`once`] at the start and then every hour, until `stopped` completes.
pub async fn run(ledger: Ledger, stopped: impl Future<Output = ()>) {
    let mut stopped = std::pin::pin!(stopped);
    loop {
        match once(&ledger, clock::now()).await {
            Ok((messages, records)) => tracing::debug!(messages, records, "old messages were deleted"),
            Err(error) => tracing::warn!(%error, "old messages cannot be deleted now"),
        }
        tokio::select! {
            () = &mut stopped => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}
