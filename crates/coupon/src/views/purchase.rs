//! The JSON of coupons in payments of tickets: camelCase, as everything of ticketing.

use super::coupon::RedeemView;
use super::values::won;
use domain::{CouponId, CouponStatus, PaymentId};
use onsale_http::RequestBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A payment that reserves a coupon.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PurchaseBody {
    /// The buyer, an account's id.
    pub user_id: String,
    /// The payment.
    #[schema(value_type = Uuid)]
    pub order_id: PaymentId,
    /// Its amount before the discount, in won.
    #[serde(deserialize_with = "won")]
    #[schema(minimum = 1, maximum = 1000000000000_i64)]
    pub amount: i64,
}

impl RequestBody for PurchaseBody {
    const LIMIT_BYTES: usize = 1_024;
}

/// A payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentBody {
    /// The payment.
    #[schema(value_type = Uuid)]
    pub order_id: PaymentId,
}

impl RequestBody for PaymentBody {
    const LIMIT_BYTES: usize = 1_024;
}

/// A coupon as it stands for a payment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PurchaseView {
    /// The coupon.
    #[schema(value_type = Uuid)]
    pub coupon_id: CouponId,
    /// The payment.
    #[schema(value_type = Uuid)]
    pub order_id: PaymentId,
    /// `RESERVED`, `REDEEMED`, or `ISSUED` or `EXPIRED` once the payment holds nothing of it.
    #[schema(value_type = String)]
    pub status: CouponStatus,
    /// What it takes off, in won; null once the payment holds nothing of it.
    pub discount_amount: Option<i64>,
}

impl PurchaseView {
    /// A coupon after a step of this payment.
    pub fn new(order_id: PaymentId, step: RedeemView) -> Self {
        let RedeemView { coupon_id, status, discount_amount, .. } = step;
        Self { coupon_id, order_id, status, discount_amount }
    }
}

/// A coupon that can be used for an order.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsableCoupon {
    /// The coupon.
    #[schema(value_type = Uuid)]
    pub coupon_id: CouponId,
    /// The displayed name of its campaign.
    pub name: String,
    /// What it takes off, in won.
    pub discount_amount: i64,
    /// What is left to pay, in won; above 0.
    pub payable: i64,
}

/// The coupons that a person can use for an order, the largest discount first.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsableCoupons {
    /// At most 200.
    pub list: Vec<UsableCoupon>,
}
