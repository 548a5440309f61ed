//! The book of coupons, as far as payments are concerned.

use domain::CouponId;
use domain::id::PaymentId;

/// A coupon that a payment has set aside or redeemed. Coupons of other orders are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CouponRow {
    /// The coupon.
    pub coupon: CouponId,
    /// The order: a payment.
    pub payment: PaymentId,
    /// Whether it is used up; else it is only set aside.
    pub is_redeemed: bool,
}
