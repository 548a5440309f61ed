//! What calls leave in hot state: audit entries of operators' changes, and answers kept under an `Idempotency-Key`. What
//! every engine promises.

use super::HotError;
use async_trait::async_trait;
use call::Entry;
use domain::Timestamp;

/// An audit entry that has not been moved into a table yet.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingEntry {
    /// The engine's own name of its place.
    pub place: String,
    /// The entry; `None` for one that cannot be read.
    pub entry: Option<Entry>,
}

/// Audit entries and kept answers (SEC-003).
///
/// An engine of lines stores the entry of [`call::note`] with the change that it makes, in one script or one transaction of
/// its journal: a pause never waits for a database, and an entry is never lost. A role with a database moves it into the
/// table.
#[async_trait]
pub trait CallPort: Send + Sync + 'static {
    /// Entries that have not been moved, at most `most`; those of one line in order.
    async fn pending(&self, most: usize) -> Result<Vec<PendingEntry>, HotError>;

    /// Forgets entries that are in a table now. Again changes nothing.
    async fn moved(&self, entries: &[PendingEntry]) -> Result<(), HotError>;

    /// The answer kept under this name; `None` once it has run out.
    async fn answer(&self, name: &str, now: Timestamp) -> Result<Option<Vec<u8>>, HotError>;

    /// Keeps an answer until `now + ttl_ms`, unless one is kept already. Returns the one that is kept.
    async fn keep_answer(&self, name: &str, answer: Vec<u8>, ttl_ms: u64, now: Timestamp) -> Result<Vec<u8>, HotError>;
}
