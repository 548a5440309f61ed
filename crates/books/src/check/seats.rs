//! 1. A seat is taken once, and exactly the living reservations have taken seats.

use super::Found;
use super::index::Index;
use crate::violation::Violation;
use domain::id::ReservationId;
use domain::{ScheduleId, SeatId};
use std::collections::HashMap;

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let Some(book) = index.reservation_book() else { return found.unchecked(1) };
    let mut taken: HashMap<(ScheduleId, SeatId), ReservationId> = HashMap::new();
    for row in &book.seats {
        let (seat, reservation) = (row.seat, row.reservation);
        if row.is_live
            && let Some(first) = taken.insert((row.schedule, seat), reservation)
        {
            found.add(Violation::SeatTwice { seat, first, second: reservation });
        }
        match index.reservations.get(&reservation).map(|owner| owner.keeps_seats()) {
            None => found.add(Violation::SeatWithoutReservation { seat, reservation }),
            Some(false) if row.is_live => found.add(Violation::SeatOfEnded { seat, reservation }),
            Some(true) if !row.is_live => found.add(Violation::SeatNotTaken { seat, reservation }),
            Some(_) => {}
        }
    }
    for row in book.reservations.iter().filter(|row| row.keeps_seats()) {
        let has_seats = !index.seats(row.id).is_empty();
        found.unless(has_seats, || Violation::ReservationWithoutSeats { reservation: row.id });
    }
}
