//! 6. Nobody has more seats of a schedule than are allowed.

use super::Found;
use super::index::Index;
use crate::violation::Violation;
use domain::{AccountId, ScheduleId};
use std::collections::BTreeMap;

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let Some(book) = index.reservation_book() else { return found.unchecked(6) };
    let mut slots: BTreeMap<(AccountId, ScheduleId), Vec<Option<u8>>> = BTreeMap::new();
    for row in &book.seats {
        let owner = index.reservations.get(&row.reservation);
        let is_own = owner.is_none_or(|owner| (owner.user, owner.schedule) == (row.user, row.schedule));
        found.unless(is_own, || Violation::SeatOfOther { seat: row.seat, reservation: row.reservation });
        if row.is_live {
            slots.entry((row.user, row.schedule)).or_default().push(row.slot);
        }
    }
    let most = index.books.seats_max;
    for ((user, schedule), mut slots) in slots {
        let seats = slots.len();
        found.unless(seats <= usize::from(most), || Violation::OverLimit { user, schedule, seats, most });
        slots.sort_unstable();
        for pair in slots.windows(2) {
            if let (Some(slot), true) = (pair[0], pair[0] == pair[1]) {
                found.add(Violation::SlotTwice { user, schedule, slot });
            }
        }
    }
}
