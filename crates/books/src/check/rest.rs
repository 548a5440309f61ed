//! 5. Nothing is left undecided, and nothing is decided twice.

use super::Found;
use super::index::Index;
use crate::records::{PaymentBook, PaymentStatus, RefundKind, ReservationStatus};
use crate::violation::Violation;
use domain::id::{PaymentId, RefundId, ReservationId};
use std::collections::HashMap;

/// Within this time a hold that has ended is swept (RSV-007).
const SWEPT_WITHIN_MS: i64 = 1_000;

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    match index.payment_book() {
        Some(book) => check_payments(book, found),
        None => found.unchecked(5),
    }
    let Some(book) = index.reservation_book() else { return found.unchecked(5) };
    let overdue = index.books.now.millis() - SWEPT_WITHIN_MS;
    for row in book.reservations.iter().filter(|row| row.status == ReservationStatus::Pending) {
        let until = row.hold_expires_at;
        if until.millis() < overdue {
            found.add(Violation::HoldOverdue { reservation: row.id, until });
        }
        let is_decided = index.payments(row.id).iter().all(|payment| payment.status != PaymentStatus::Pending);
        if row.is_secured && is_decided && index.payment_book().is_some() {
            found.add(Violation::HoldUndecided { reservation: row.id });
        }
    }
}

fn check_payments(book: &PaymentBook, found: &mut Found) {
    let mut of: HashMap<ReservationId, PaymentId> = HashMap::with_capacity(book.payments.len());
    for payment in &book.payments {
        if payment.status == PaymentStatus::Pending {
            found.add(Violation::PaymentPending { payment: payment.id });
        }
        if let Some(first) = of.insert(payment.reservation, payment.id) {
            found.add(Violation::PaymentTwice { reservation: payment.reservation, first, second: payment.id });
        }
    }
    let mut kinds: HashMap<(PaymentId, RefundKind), RefundId> = HashMap::new();
    for refund in &book.refunds {
        let (payment, refund_kind) = (refund.payment, refund.kind);
        found.unless(refund.is_done, || Violation::RefundOpen { refund: refund.id, payment });
        if let Some(first) = kinds.insert((payment, refund_kind), refund.id) {
            found.add(Violation::RefundTwice { payment, refund_kind, first, second: refund.id });
        }
    }
}
