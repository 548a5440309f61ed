//! 4. In sum: what the provider keeps = what payments that stand are = what tickets cost.

use super::Found;
use super::index::Index;
use crate::records::{PaymentStatus, ReservationStatus};
use crate::violation::Violation;

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let (Some(reservations), Some(payments)) = (index.reservation_book(), index.payment_book()) else {
        return found.unchecked(4);
    };
    let standing = || payments.payments.iter().filter(|payment| payment.status == PaymentStatus::Success);
    let paid: i64 = standing().map(|payment| payment.amount).sum();
    let tickets = reservations.reservations.iter().filter(|row| row.status == ReservationStatus::Confirmed);
    let discount = |row| index.standing(row).map(|payment| payment.discount).sum::<i64>();
    let tickets: i64 = tickets.map(|row| row.total_amount - discount(row.id)).sum();
    let Some(provider) = &index.books.provider else {
        found.unchecked(4);
        let provider = paid;
        return found.unless(paid == tickets, || Violation::SumsDiffer { provider, payments: paid, tickets });
    };
    let by_hand: i64 = standing().map(|payment| index.lacking_by_hand(payment)).sum();
    let provider = provider.iter().map(|row| row.left()).sum::<i64>() + by_hand;
    let is_one = provider == paid && paid == tickets;
    found.unless(is_one, || Violation::SumsDiffer { provider, payments: paid, tickets });
}
