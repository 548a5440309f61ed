//! Exclusive use of a book by one call: decides in memory and notes what is to be journalled. No other call has the book
//! meanwhile, so that records come to the writer in the order of the decisions.

use super::super::writer::{Message, Permit};
use super::Writer;
use super::journal::{Record, SeatsJournal};
use super::slot::{Slot, State};
use crate::port::HotError;
use domain::SeatId;
use domain::seat::SeatBook;
use std::sync::{Arc, MutexGuard};
use tokio::sync::oneshot;

/// Exclusive use of a book; [`SeatGuard::end`] hands over what was changed.
pub(super) struct SeatGuard<'a> {
    slot: &'a Arc<Slot>,
    state: MutexGuard<'a, State>,
    permit: Permit<'a, SeatsJournal>,
    changed: Vec<SeatId>,
}

/// The record that a call waits for before it answers.
pub(super) struct Pending {
    heard: oneshot::Receiver<Result<(), HotError>>,
    slot: Arc<Slot>,
    record: u64,
}

impl Pending {
    /// Returns when it is kept.
    ///
    /// # Errors
    /// [`HotError`] when it is not.
    pub async fn kept(self) -> Result<(), HotError> {
        let heard = self.heard.await.unwrap_or_else(|_| Err(HotError::unknown("the writer stopped")));
        // The round that failed may be a later one than the one waited for.
        if self.slot.is_kept(self.record) { Ok(()) } else { heard }
    }
}

impl<'a> SeatGuard<'a> {
    /// Waits for the book.
    ///
    /// # Errors
    /// [`HotError::Unavailable`] when the journal would not take a change: nothing may be decided.
    pub fn begin(slot: &'a Arc<Slot>, writer: &'a Writer) -> Result<Self, HotError> {
        writer.may_change()?;
        let permit = writer.permit()?;
        Ok(Self { slot, state: slot.state(), permit, changed: Vec::new() })
    }

    /// One call on the book.
    pub fn call<T>(&mut self, act: impl FnOnce(&mut SeatBook) -> T) -> T {
        let value = act(&mut self.state.book);
        self.changed.extend_from_slice(self.state.book.changed());
        value
    }

    /// Hands the changes to the writer. Returns what to wait for, if anything: where the call must wait, all that was decided on
    /// this schedule so far.
    pub fn end(mut self, must_wait: bool) -> Option<Pending> {
        self.changed.sort_unstable();
        self.changed.dedup();
        if !self.changed.is_empty() {
            self.state.recorded += 1;
        }
        let number = self.state.recorded;
        let waits = must_wait && !self.slot.is_kept(number);
        if self.changed.is_empty() && !waits {
            return None;
        }
        let changes = self.changed.iter().map(|seat| (*seat, self.state.book.stands(*seat))).collect();
        let (answer, heard) = oneshot::channel();
        let record = Record { slot: self.slot.clone(), number, changes };
        self.permit.send(Message::Record(record, waits.then_some(answer)));
        waits.then(|| Pending { heard, slot: self.slot.clone(), record: number })
    }
}
