//! 10, second half. A coupon is used up exactly by a payment that stands with its discount.

use super::Found;
use super::index::Index;
use crate::records::PaymentStatus;
use crate::violation::Violation;
use domain::CouponId;
use domain::id::PaymentId;
use std::collections::HashSet;

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let (Some(coupons), Some(payments)) = (&index.books.coupons, index.payment_book()) else {
        return found.unchecked(10);
    };
    let mut redeemed: HashSet<(CouponId, PaymentId)> = HashSet::with_capacity(coupons.len());
    for row in coupons {
        let (coupon, payment) = (row.coupon, row.payment);
        if !row.is_redeemed {
            found.add(Violation::CouponReserved { coupon, payment });
            continue;
        }
        redeemed.insert((coupon, payment));
        let order = index.payments.get(&payment);
        let stands = order.is_some_and(|order| order.status == PaymentStatus::Success && order.coupon == Some(coupon));
        found.unless(stands, || Violation::CouponUsedUp { coupon, payment });
    }
    for payment in payments.payments.iter().filter(|payment| payment.status == PaymentStatus::Success) {
        let Some(coupon) = payment.coupon else { continue };
        let is_used = redeemed.contains(&(coupon, payment.id));
        found.unless(is_used, || Violation::CouponTwice { coupon, payment: payment.id });
    }
}
