//! 7. The catalog has sold exactly the seats of tickets, to their reservations, by their holds; and numbers of holds only rise.

use super::Found;
use super::index::Index;
use crate::records::{ReservationBook, ReservationRow, SeatRow};
use crate::violation::Violation;
use domain::SeatId;
use domain::id::ReservationId;
use std::collections::{HashMap, HashSet};

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let Some(book) = index.reservation_book() else { return found.unchecked(7) };
    check_numbers(index, book, found);
    check_owners(index, book, found);
    let Some(catalog) = &index.books.catalog else { return found.unchecked(7) };
    let mut sold_seats: HashMap<SeatId, &ReservationRow> = HashMap::new();
    for row in book.seats.iter().filter(|row| row.is_live) {
        if let Some(owner) = index.reservations.get(&row.reservation).filter(|owner| owner.is_sold()) {
            sold_seats.insert(row.seat, owner);
        }
    }
    let mut known: HashSet<SeatId> = HashSet::with_capacity(sold_seats.len());
    for row in catalog.seats.iter().filter(|row| row.is_sold) {
        let seat = row.seat;
        known.insert(seat);
        let Some(ticket) = sold_seats.get(&seat) else {
            found.add(Violation::SoldToNobody { seat });
            continue;
        };
        let (reservation, hold_no) = (ticket.id, ticket.hold_no);
        if row.sold_to != Some(reservation) {
            found.add(Violation::SoldToOther { seat, reservation });
        } else if row.hold_no != Some(hold_no) {
            found.add(Violation::SoldByOtherHold { seat, reservation, hold_no });
        }
    }
    for (seat, ticket) in sold_seats {
        found.unless(known.contains(&seat), || Violation::NotSold { seat, reservation: ticket.id });
    }
}

fn check_numbers(index: &Index<'_>, book: &ReservationBook, found: &mut Found) {
    let mut of: HashMap<i64, ReservationId> = HashMap::with_capacity(book.reservations.len());
    for row in &book.reservations {
        if let Some(first) = of.insert(row.hold_no, row.id) {
            found.add(Violation::HoldNoTwice { hold_no: row.hold_no, first, second: row.id });
        }
    }
    let Some(counter) = book.counter else { return found.unchecked(7) };
    let in_catalog = index.books.catalog.iter().flat_map(|book| &book.seats).filter_map(|row| row.hold_no);
    let in_payments = index.payment_book().into_iter().flat_map(|book| &book.payments).filter_map(|row| row.hold_no);
    let own = book.reservations.iter().map(|row| row.hold_no);
    let highest = own.chain(in_catalog).chain(in_payments).max().unwrap_or(0);
    found.unless(highest <= counter, || Violation::CounterBehind { counter, highest });
}

/// Of all that ever had a seat, the one that has it has the greatest number: it took it last.
fn check_owners(index: &Index<'_>, book: &ReservationBook, found: &mut Found) {
    let owner = |row: &SeatRow| index.reservations.get(&row.reservation).copied();
    let mut latest: HashMap<SeatId, &ReservationRow> = HashMap::new();
    for row in &book.seats {
        let Some(own) = owner(row) else { continue };
        let known = latest.entry(row.seat).or_insert(own);
        if own.hold_no > known.hold_no {
            *known = own;
        }
    }
    for row in book.seats.iter().filter(|row| row.is_live) {
        let (Some(own), Some(latest)) = (owner(row), latest.get(&row.seat)) else { continue };
        let is_latest = latest.hold_no <= own.hold_no;
        found.unless(is_latest, || Violation::HoldNoFalls { seat: row.seat, reservation: own.id, earlier: latest.id });
    }
}
