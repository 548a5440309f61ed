//! When keys were used last: noted in memory by each call, written in batches by a background task.

use crate::rows::{USED_EVERY_MS, record_used};
use domain::{KeyId, Timestamp};
use ledger::{Ledger, LedgerError};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A time is noted again after so many milliseconds: workers that use the same key seldom write to the same memory.
const NOTED_EVERY_MS: i64 = 1_000;
/// Most keys in one transaction.
const BATCH_MAX: usize = 500;

/// The last use of one key by this process, in milliseconds since 1970; 0 for never.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    noted_ms: AtomicI64,
    written_ms: AtomicI64,
}

impl Usage {
    /// Notes a use. Costs a read of memory, and seldom a write.
    pub fn note(&self, now: Timestamp) {
        if now.millis() - self.noted_ms.load(Ordering::Relaxed) >= NOTED_EVERY_MS {
            self.noted_ms.store(now.millis(), Ordering::Relaxed);
        }
    }

    /// The time to write, if it is due.
    fn due(&self) -> Option<Timestamp> {
        let (noted_ms, written_ms) = (self.noted_ms.load(Ordering::Relaxed), self.written_ms.load(Ordering::Relaxed));
        (noted_ms > 0 && (written_ms == 0 || noted_ms - written_ms >= USED_EVERY_MS)).then_some(Timestamp(noted_ms))
    }
}

/// Writes the last uses that are due.
///
/// # Errors
/// When the ledger does not take them: the next call tries again.
pub(crate) async fn write(ledger: &Ledger, all: &HashMap<KeyId, Arc<Usage>>) -> Result<(), LedgerError> {
    let due: Vec<(KeyId, Timestamp)> = all.iter().filter_map(|(id, usage)| Some((*id, usage.due()?))).collect();
    for part in due.chunks(BATCH_MAX) {
        record_used(ledger, part).await?;
        for (id, at) in part {
            if let Some(usage) = all.get(id) {
                usage.written_ms.store(at.millis(), Ordering::Relaxed);
            }
        }
    }
    Ok(())
}
