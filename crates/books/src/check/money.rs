//! 3. Payments and the provider tell the same of every won, and what does not stand keeps none.

use super::Found;
use super::index::Index;
use crate::records::{PaymentRow, PaymentStatus};
use crate::violation::Violation;
use domain::id::PaymentKey;
use std::collections::HashSet;

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let Some(book) = index.payment_book() else { return found.unchecked(3) };
    for payment in &book.payments {
        check_kept(index, payment, found);
    }
    let Some(provider) = &index.books.provider else { return found.unchecked(3) };
    let mut known: HashSet<PaymentKey> = HashSet::with_capacity(book.payments.len());
    for payment in &book.payments {
        known.insert(payment.key);
        let there = index.provider.get(&payment.key);
        let (captured, refunded) = there.map_or((0, 0), |row| (row.captured, row.refunded));
        let (id, key) = (payment.id, payment.key);
        let differs = |kept, provider| (id, key, kept, provider);
        if payment.captured != captured {
            let (payment, key, kept, provider) = differs(payment.captured, captured);
            found.add(Violation::CapturedDiffers { payment, key, kept, provider });
        }
        if payment.refunded != refunded {
            let (payment, key, kept, provider) = differs(payment.refunded, refunded);
            found.add(Violation::RefundedDiffers { payment, key, kept, provider });
        }
    }
    for row in provider.iter().filter(|row| !known.contains(&row.key)) {
        found.add(Violation::ProviderUnknown { key: row.key, captured: row.captured, refunded: row.refunded });
    }
}

/// By the payment's own row: the provider's is compared with it above.
fn check_kept(index: &Index<'_>, payment: &PaymentRow, found: &mut Found) {
    let left = payment.captured - payment.refunded;
    match payment.status {
        PaymentStatus::Pending => {}
        // What an operator gave back of a ticket by hand is an alarm of its own, and the ticket stays good.
        PaymentStatus::Success => {
            let is_price = (0..=index.by_hand(payment)).contains(&(payment.amount - left));
            found.unless(is_price, || Violation::PriceDiffers { payment: payment.id, amount: payment.amount, left });
        }
        status @ (PaymentStatus::Failed | PaymentStatus::Refunded) => {
            found.unless(left == 0, || Violation::MoneyKept { payment: payment.id, status, left });
        }
    }
}
