//! 8. Hot state holds exactly the seats of unpaid holds, and of tickets that the catalog has not yet as sold; and every key ends.

use super::Found;
use super::index::Index;
use crate::records::{ReservationRow, ReservationStatus};
use crate::violation::Violation;
use domain::id::ReservationId;
use domain::{ScheduleId, SeatId};
use std::collections::HashSet;

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let (Some(book), Some(hot)) = (index.reservation_book(), &index.books.hot) else { return found.unchecked(8) };
    for key in &hot.keys_without_life {
        found.add(Violation::KeyWithoutLife { key: key.clone() });
    }
    let now = index.books.now;
    let schedules: HashSet<ScheduleId> = hot.schedules.iter().copied().collect();
    let sold = sold_seats(index);
    let lives = hot.holds.iter().filter(|hold| hold.until.is_none_or(|until| now < until));
    let held: HashSet<(SeatId, ReservationId)> = lives.map(|hold| (hold.seat, hold.reservation)).collect();
    let mut due: HashSet<(SeatId, ReservationId)> = HashSet::new();
    for row in book.seats.iter().filter(|row| row.is_live && schedules.contains(&row.schedule)) {
        let Some(owner) = index.reservations.get(&row.reservation) else { continue };
        let pair = (row.seat, row.reservation);
        if may_be_held(owner) {
            due.insert(pair);
        }
        let must = match owner.status {
            ReservationStatus::Pending => owner.is_secured || now < owner.hold_expires_at,
            // At rest the catalog has heard of every ticket; what it has not is invariant 7.
            ReservationStatus::Confirmed => sold.as_ref().is_some_and(|sold| !sold.contains(&row.seat)),
            ReservationStatus::Cancelled => false,
        };
        if must {
            found.unless(held.contains(&pair), || Violation::RowWithoutHot { seat: pair.0, reservation: pair.1 });
        }
    }
    let mut strange: Vec<(SeatId, ReservationId)> = held.difference(&due).copied().collect();
    // A ticket's seats leave hot state when the catalog tells them sold.
    if let Some(sold) = &sold {
        strange.extend(held.intersection(&due).filter(|pair| sold.contains(&pair.0)));
    }
    strange.sort_unstable();
    for (seat, reservation) in strange {
        found.add(Violation::HotWithoutRow { seat, reservation });
    }
}

fn may_be_held(owner: &ReservationRow) -> bool {
    matches!(owner.status, ReservationStatus::Pending | ReservationStatus::Confirmed)
}

/// What the catalog has as sold; none without its book.
fn sold_seats(index: &Index<'_>) -> Option<HashSet<SeatId>> {
    let book = index.books.catalog.as_ref()?;
    Some(book.seats.iter().filter(|row| row.is_sold).map(|row| row.seat).collect())
}
