//! The book made to follow the rows.

use super::book::SeatBook;
use super::entry::{Entry, end_ms};
use super::hold::{SeatHold, Window};
use crate::id::SeatId;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What [`SeatBook::put_right`] changed, in seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PutRight {
    /// Holds without a live row, gone.
    pub gone: u32,
    /// Live rows without a hold, held now.
    pub made: u32,
    /// Holds whose row lives longer than they did.
    pub extended: u32,
}

impl PutRight {
    /// Whether the book agreed with the rows.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl SeatBook {
    /// Makes the holds follow the rows (hole 17). `rows`: every seat of a live reservation, as they were read at a moment well
    /// after `older_than`, each seat once.
    ///
    /// A hold that no row names goes back if it was made before `older_than`: the row of a younger one may be on its way. A
    /// row that has not run out gets its hold, also in place of another's hold without a row. An end only moves on. Holds that
    /// have run out are counted as returned from here on.
    pub fn put_right(
        &mut self,
        rows: &[(SeatId, SeatHold)],
        older_than: Timestamp,
        window: Window,
        now: Timestamp,
    ) -> PutRight {
        self.changed.clear();
        self.settle_all(window, now);
        let named: BTreeMap<SeatId, SeatHold> = rows.iter().copied().collect();
        let is_ghost = |seat: &SeatId, entry: &Entry| {
            let has_row = named.get(seat).is_some_and(|row| row.reservation == entry.reservation);
            !has_row && entry.since_ms < older_than.millis()
        };
        let ghosts = self.holds.iter().filter(|(seat, entry)| is_ghost(seat, entry)).map(|(seat, _)| *seat);
        let ghosts: Vec<SeatId> = ghosts.collect();
        let mut right = PutRight { gone: ghosts.len() as u32, ..PutRight::default() };
        ghosts.into_iter().for_each(|seat| self.give_back(seat, window, now));
        for (seat, row) in named.into_iter().filter(|(_, row)| !row.end.is_over(now)) {
            match self.holds.get(&seat) {
                None => right.made += 1,
                Some(entry) if entry.reservation == row.reservation => {
                    right.extended += u32::from(entry.end_ms < end_ms(row.end));
                }
                // Another's row may be on its way; if not, it goes the next time.
                Some(_) => continue,
            }
            self.follow(seat, row, now);
        }
        self.count_change();
        right
    }
}
