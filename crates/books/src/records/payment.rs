//! The book of payments: tables `payments`, `refunds`.

use domain::id::{PaymentId, PaymentKey, RefundId, ReservationId};
use domain::payment::{PaymentStatus, RefundKind};
use domain::{AccountId, CouponId, Timestamp};

/// The book of payments.
#[derive(Clone, Debug, Default)]
pub struct PaymentBook {
    /// `P`.
    pub payments: Vec<PaymentRow>,
    /// What is owed or was given back.
    pub refunds: Vec<RefundRow>,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRow {
    /// Its id.
    pub id: PaymentId,
    /// Its name at the provider.
    pub key: PaymentKey,
    /// What it pays.
    pub reservation: ReservationId,
    /// Whose it is.
    pub user: AccountId,
    /// Its state.
    pub status: PaymentStatus,
    /// What is to be paid in won: the total less the discount.
    pub amount: i64,
    /// The coupon's discount in won; 0 without one.
    pub discount: i64,
    /// The coupon.
    pub coupon: Option<CouponId>,
    /// The hold that was paid.
    pub hold_no: Option<i64>,
    /// What the provider took, as kept here.
    pub captured: i64,
    /// What the provider gave back, as kept here.
    pub refunded: i64,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRow {
    /// Its id.
    pub id: RefundId,
    /// Of which payment.
    pub payment: PaymentId,
    /// What it gives back.
    pub kind: RefundKind,
    /// Why: `USER_REQUEST`, `EVENT_CANCELLED` and others.
    pub reason: String,
    /// Whether nothing is left to do.
    pub is_done: bool,
}
