//! A database that was put back takes over what payment knows.

use super::scene::*;
use crate::id::{EventId, PaymentKey};
use uuid::Uuid;

fn paid(of: u128, by: u128, hold_no: i64, numbers: &[u128]) -> PaidReservation {
    PaidReservation {
        reservation: reservation(of),
        user: user(by),
        schedule: schedule(1),
        event: EventId(Uuid::from_u128(500)),
        seats: seats(numbers),
        payment: payment(of),
        key: PaymentKey(Uuid::from_u128(600 + of)),
        amount: PRICE,
        coupon: None,
        hold_no,
        paid_at: START,
        ticket_number: ticket(77),
    }
}

#[test]
fn paid_reservations_are_made_again_with_their_ids_and_numbers() {
    let mut book = ReservationBook::new(5);
    book.decide(&hold(1, 1, &[1]), START).expect("held");
    book.decide(&claim(1, 1, 1, PRICE), START).expect("claimed");
    book.see_hold_no(900);
    // One that is lost altogether, and one whose payment is lost; an old hold stands on the lost one's seat.
    book.decide(&hold(3, 3, &[2]), START).expect_err("behind");
    assert_eq!(book.take_over(&paid(2, 2, 890, &[2]), START), Ok(()));
    assert_eq!(book.take_over(&paid(1, 1, 880, &[1]), after(2 * TTL_MS)), Ok(()));
    let again = book.get(reservation(1)).cloned();
    assert_eq!(book.take_over(&paid(1, 1, 880, &[1]), after(2 * TTL_MS)), Ok(()), "again is nothing");
    assert_eq!(book.get(reservation(1)).cloned(), again);
    let made = book.get(reservation(2)).expect("made");
    assert_eq!((made.status, made.hold_no, made.total_amount), (ReservationStatus::Confirmed, 890, PRICE));
    assert_eq!(made.ticket_number, Some(ticket(77)));
    assert!(made.hold_expires_at > START, "it was paid in time");
    book.raise_hold_no(900);
    assert!(book.sweep(after(3 * TTL_MS), 9).is_empty(), "what was sold is not swept");
    assert_eq!(book.take_told(), vec![]);
}

#[test]
fn what_cannot_be_taken_over_is_named() {
    let mut book = ReservationBook::new(0);
    book.decide(&hold(1, 1, &[1]), START).expect("held");
    let taken = book.take_over(&paid(2, 2, 9, &[1]), START);
    assert_eq!(taken, Err(NotTakenOver::SeatsTaken(vec![seat(1)])));
    book.decide(&cancel(1, 1), START).expect("cancelled");
    assert_eq!(book.take_over(&paid(1, 1, 9, &[1]), START), Err(NotTakenOver::Differs));
    // A hold whose time is over is in nobody's way.
    book.decide(&hold(3, 3, &[1]), START).expect("held");
    assert_eq!(book.take_over(&paid(2, 2, 9, &[1]), after(TTL_MS)), Ok(()));
    assert_eq!(standing(&book, 3).1, "HOLD_EXPIRED");
}
