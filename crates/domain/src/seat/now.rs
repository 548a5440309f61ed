//! What stands in a book.

use super::book::SeatBook;
use super::entry::{KEPT, ReturnedSeat};
use super::hold::{SeatHold, Window};
use crate::id::SeatId;
use crate::time::Timestamp;

/// All seats of a schedule that are not simply free or sold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeatsNow {
    /// Held seats in the order of their ids.
    pub holds: Vec<(SeatId, SeatHold)>,
    /// Seats that came back and are not for everybody yet, in the order of their ids.
    pub returned: Vec<(SeatId, ReturnedSeat)>,
    /// Grows with every call that changed anything. It never goes back, and jumps over a restart.
    pub sequence: u64,
}

/// How many seats stand in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeatCounts {
    /// Held seats, kept ones among them.
    pub held: u32,
    /// Kept seats.
    pub kept: u32,
    /// Seats that came back and are not for everybody yet.
    pub returned: u32,
}

impl SeatBook {
    /// What stands now. Holds that have run out are counted as returned from here on.
    pub fn holds(&mut self, window: Window, now: Timestamp) -> SeatsNow {
        self.changed.clear();
        self.settle_all(window, now);
        self.count_change();
        self.look(window, now)
    }

    /// What [`SeatBook::holds`] would show.
    pub fn look(&self, window: Window, now: Timestamp) -> SeatsNow {
        let known = self.returned.iter().filter(|(_, returned)| now < returned.until);
        let mut returned: Vec<(SeatId, ReturnedSeat)> = known.map(|(seat, returned)| (*seat, *returned)).collect();
        // There may be 50,000, and nobody holds a seat meanwhile: one pass.
        let mut holds = Vec::with_capacity(self.holds.len());
        for (seat, entry) in &self.holds {
            if entry.is_over(now) {
                returned.extend(entry.given_back(window, now).map(|returned| (*seat, returned)));
            } else {
                holds.push((*seat, entry.shown().hold));
            }
        }
        returned.sort_unstable_by_key(|(seat, _)| *seat);
        SeatsNow { holds, returned, sequence: self.sequence() }
    }

    /// How many seats stand in which state; a run-out hold that no call has met counts as free.
    pub fn counts(&self, now: Timestamp) -> SeatCounts {
        let mut counts = SeatCounts::default();
        for entry in self.holds.values().filter(|entry| !entry.is_over(now)) {
            counts.held += 1;
            counts.kept += u32::from(entry.end_ms == KEPT);
        }
        counts.returned = self.returned.values().filter(|one| now < one.until).count() as u32;
        counts
    }

    /// Takes note of every end that has come.
    pub(super) fn settle_all(&mut self, window: Window, now: Timestamp) {
        let is_over = self.holds.iter().filter(|(_, entry)| entry.is_over(now)).map(|(seat, _)| *seat);
        let is_public = self.returned.iter().filter(|(_, one)| one.until <= now).map(|(seat, _)| *seat);
        let settled: Vec<SeatId> = is_over.chain(is_public).collect();
        settled.into_iter().for_each(|seat| self.settle(seat, window, now));
    }
}
