//! One schedule in memory, and how far the journal is behind it.

use domain::ScheduleId;
use domain::seat::SeatBook;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One schedule.
pub(super) struct Slot {
    /// Its id.
    pub schedule: ScheduleId,
    /// The last record that is on the disk.
    kept: AtomicU64,
    state: Mutex<State>,
}

/// The state that one call at a time may change.
pub(super) struct State {
    pub book: SeatBook,
    /// The last record that was handed to the writer.
    pub recorded: u64,
}

impl Slot {
    /// A schedule as the journal has it.
    pub fn new(schedule: ScheduleId, book: SeatBook) -> Self {
        Self { schedule, kept: AtomicU64::new(0), state: Mutex::new(State { book, recorded: 0 }) }
    }

    /// Everything up to this record is on the disk.
    pub fn keep(&self, record: u64) {
        self.kept.fetch_max(record, Ordering::Release);
    }

    /// Whether this record is on the disk.
    pub fn is_kept(&self, record: u64) -> bool {
        record <= self.kept.load(Ordering::Acquire)
    }

    /// The book, for one call.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
