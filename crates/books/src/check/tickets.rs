//! 2. A ticket is paid by exactly one payment: its own, for its price and its hold; and a payment that stands has a ticket.

use super::Found;
use super::index::Index;
use crate::records::{PaymentRow, PaymentStatus, ReservationRow, ReservationStatus};
use crate::violation::Violation;
use domain::id::ReservationId;
use std::collections::HashMap;

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let Some(book) = index.reservation_book() else { return found.unchecked(2) };
    let mut numbers: HashMap<&str, ReservationId> = HashMap::new();
    for row in &book.reservations {
        let Some(number) = &row.ticket_number else { continue };
        if let Some(first) = numbers.insert(number, row.id) {
            found.add(Violation::TicketNumberTwice { number: number.clone(), first, second: row.id });
        }
    }
    let tickets = || book.reservations.iter().filter(|row| row.status == ReservationStatus::Confirmed);
    for ticket in tickets() {
        let has_number = ticket.ticket_number.is_some();
        found.unless(has_number, || Violation::TicketWithoutNumber { reservation: ticket.id });
    }
    let Some(payments) = index.payment_book() else { return found.unchecked(2) };
    for ticket in tickets() {
        check_ticket(index, ticket, found);
    }
    for payment in payments.payments.iter().filter(|payment| payment.status == PaymentStatus::Success) {
        let reservation = payment.reservation;
        let status = index.reservations.get(&reservation).map(|row| row.status);
        let has_ticket = status == Some(ReservationStatus::Confirmed);
        found.unless(has_ticket, || Violation::PaymentWithoutTicket { payment: payment.id, reservation });
    }
}

fn check_ticket(index: &Index<'_>, ticket: &ReservationRow, found: &mut Found) {
    let reservation = ticket.id;
    let mut standing = index.standing(reservation);
    let Some(payment) = standing.next() else { return found.add(Violation::TicketUnpaid { reservation }) };
    for second in standing {
        found.add(Violation::TicketPaidTwice { reservation, first: payment.id, second: second.id });
    }
    if ticket.payment != Some(payment.id) {
        found.add(Violation::TicketOfOtherPayment { reservation, payment: payment.id });
    }
    if payment.hold_no != Some(ticket.hold_no) {
        found.add(Violation::TicketHold { reservation, hold_no: ticket.hold_no, payment: payment.id });
    }
    let until = ticket.hold_expires_at;
    let is_in_time = payment.paid_at.is_none_or(|paid_at| paid_at < until);
    found.unless(is_in_time, || Violation::TicketPaidLate { reservation, payment: payment.id, until });
    check_price(index, ticket, payment, found);
}

fn check_price(index: &Index<'_>, ticket: &ReservationRow, payment: &PaymentRow, found: &mut Found) {
    let (total, paid) = (ticket.total_amount, payment.amount + payment.discount);
    let seats: i64 = index.seats(ticket.id).iter().map(|seat| seat.price).sum();
    let is_price = total == seats && total == paid;
    found.unless(is_price, || Violation::TicketPrice {
        reservation: ticket.id,
        total,
        seats,
        payment: payment.id,
        paid,
    });
}
