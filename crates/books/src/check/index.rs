//! The rows by their ids.

use crate::records::{
    Books, PaymentBook, PaymentRow, PaymentStatus, ProviderRow, ReservationBook, ReservationRow, SeatRow,
};
use domain::id::{PaymentId, PaymentKey, ReservationId};
use std::collections::HashMap;

/// The books, and their rows by id. Of rows with the same id the last counts here; tables have none.
pub(super) struct Index<'a> {
    pub(super) books: &'a Books,
    pub(super) reservations: HashMap<ReservationId, &'a ReservationRow>,
    pub(super) seats_of: HashMap<ReservationId, Vec<&'a SeatRow>>,
    pub(super) payments: HashMap<PaymentId, &'a PaymentRow>,
    pub(super) payments_of: HashMap<ReservationId, Vec<&'a PaymentRow>>,
    pub(super) provider: HashMap<PaymentKey, &'a ProviderRow>,
}

impl<'a> Index<'a> {
    pub(super) fn of(books: &'a Books) -> Self {
        let mut index = Self {
            books,
            reservations: HashMap::new(),
            seats_of: HashMap::new(),
            payments: HashMap::new(),
            payments_of: HashMap::new(),
            provider: HashMap::new(),
        };
        if let Some(book) = &books.reservation {
            index.reservations = book.reservations.iter().map(|row| (row.id, row)).collect();
            for row in &book.seats {
                index.seats_of.entry(row.reservation).or_default().push(row);
            }
        }
        if let Some(book) = &books.payment {
            index.payments = book.payments.iter().map(|row| (row.id, row)).collect();
            for row in &book.payments {
                index.payments_of.entry(row.reservation).or_default().push(row);
            }
        }
        index.provider = books.provider.iter().flatten().map(|row| (row.key, row)).collect();
        index
    }

    pub(super) fn reservation_book(&self) -> Option<&'a ReservationBook> {
        self.books.reservation.as_ref()
    }

    pub(super) fn payment_book(&self) -> Option<&'a PaymentBook> {
        self.books.payment.as_ref()
    }

    pub(super) fn seats(&self, reservation: ReservationId) -> &[&'a SeatRow] {
        self.seats_of.get(&reservation).map_or(&[], Vec::as_slice)
    }

    pub(super) fn payments(&self, reservation: ReservationId) -> &[&'a PaymentRow] {
        self.payments_of.get(&reservation).map_or(&[], Vec::as_slice)
    }

    /// The payments of a reservation that stand.
    pub(super) fn standing(&self, reservation: ReservationId) -> impl Iterator<Item = &'a PaymentRow> {
        self.payments(reservation).iter().copied().filter(|payment| payment.status == PaymentStatus::Success)
    }

    /// What is kept of a payment's money: by the provider's book where there is one, else by the payment's own row.
    pub(super) fn left(&self, payment: &PaymentRow) -> i64 {
        if self.books.provider.is_none() {
            return payment.captured - payment.refunded;
        }
        self.provider.get(&payment.key).map_or(0, |row| row.left())
    }

    /// What an operator gave back of it by hand.
    pub(super) fn by_hand(&self, payment: &PaymentRow) -> i64 {
        self.provider.get(&payment.key).map_or(0, |row| row.refunded_by_hand)
    }

    /// What is lacking of a standing payment's amount because an operator gave it back by hand: more than that was given back of
    /// money that was taken twice.
    pub(super) fn lacking_by_hand(&self, payment: &PaymentRow) -> i64 {
        (payment.amount - self.left(payment)).clamp(0, self.by_hand(payment))
    }
}
