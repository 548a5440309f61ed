//! Forgetting what was handed over and dealt with long ago (MSG-002).

use bus::Shutdown;
use domain::Timestamp;
use ledger::{Ledger, LedgerError, outbox, processed};
use std::time::Duration;

/// How long messages that were handed over are kept.
const PUBLISHED_KEPT_DAYS: i64 = 7;
/// How long it is remembered that a message was dealt with.
const PROCESSED_KEPT_DAYS: i64 = 30;
const DAY_SECONDS: i64 = 86_400;
/// How often to look.
const INTERVAL: Duration = Duration::from_secs(3_600);

/// Forgets what is past its time at `now`. How many outbox rows and how many records.
///
/// # Errors
/// [`LedgerError`]; what is left is forgotten the next time.
pub async fn once(ledger: &Ledger, now: Timestamp) -> Result<(u64, u64), LedgerError> {
    let published = now.plus_seconds(-PUBLISHED_KEPT_DAYS * DAY_SECONDS);
    let dealt_with = now.plus_seconds(-PROCESSED_KEPT_DAYS * DAY_SECONDS);
    let messages = outbox::delete_published_before(ledger, published).await?;
    Ok((messages, processed::delete_before(ledger, dealt_with).await?))
}

/// Does so at the start and every hour, until it is told to end.
pub async fn run(ledger: Ledger, shutdown: Shutdown) {
    loop {
        match once(&ledger, clock::now()).await {
            Ok((messages, records)) => tracing::debug!(messages, records, "old messages were forgotten"),
            Err(error) => tracing::warn!(%error, "old messages can not be forgotten now"),
        }
        if !shutdown.pause(INTERVAL).await {
            return;
        }
    }
}
