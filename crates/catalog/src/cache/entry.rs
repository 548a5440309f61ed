//! The copies of this process, and who looks for what.

use super::name::Name;
use super::value::{Document, Stored};
use onsale_http::ApiError;
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most names; past that the copies of the idle ones go at once.
const ENTRIES_MAX: usize = 4_096;
/// A copy that nobody has asked for so long goes.
const IDLE: Duration = Duration::from_secs(10);

/// What this process has under one name.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Looks that have begun.
    pub begun: AtomicU64,
    pub slot: tokio::sync::Mutex<Slot>,
}

/// The copy, and the latest look.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// The copy, with the version that it counts for.
    pub kept: Option<Stored>,
    /// The number of the latest look that has ended.
    pub number: u64,
    /// What it found; none when it was broken off.
    pub outcome: Option<Result<Document, ApiError>>,
}

impl Slot {
    /// What a look found that began after `begun` others: a reader that came before it began may have it.
    pub(super) fn outcome_after(&self, begun: u64) -> Option<Result<Document, ApiError>> {
        if self.number > begun { self.outcome.clone() } else { None }
    }
}

#[derive(Debug, Default)]
pub(super) struct Entries(Mutex<HashMap<Name, (Arc<Entry>, Instant)>>);

impl Entries {
    pub(super) fn of(&self, name: &Name) -> Arc<Entry> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some((entry, used_at)) = entries.get_mut(name) {
            *used_at = now;
            return entry.clone();
        }
        if entries.len() >= ENTRIES_MAX {
            entries.retain(|_, (entry, _)| Arc::strong_count(entry) > 1);
        }
        let entry = Arc::new(Entry::default());
        entries.insert(name.clone(), (entry.clone(), now));
        entry
    }

    /// Forgets what nobody has asked for lately.
    pub(super) fn forget_idle(&self) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, (entry, used_at)| Arc::strong_count(entry) > 1 || used_at.elapsed() < IDLE);
    }
}
