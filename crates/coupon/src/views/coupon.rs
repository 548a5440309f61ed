//! The JSON of coupons.

use super::campaign::DiscountView;
use super::values::won;
use domain::{Coupon, CouponId, CouponStatus, Terms, ZonedTime};
use onsale_http::RequestBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A request for a coupon.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(dead_code, reason = "a schema: the hot route reads the bytes itself")]
pub struct IssueBody {
    /// 1 to 128 of `[A-Za-z0-9_.:-]`.
    #[schema(example = "user-1")]
    user_id: String,
    /// The campaign.
    #[schema(example = "sample_event")]
    event_id: String,
}

/// The reply to a request for a coupon.
#[derive(Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "a schema: the hot route writes the bytes itself")]
pub struct IssueAnswer {
    /// True for `ISSUED` only.
    success: bool,
    /// `ISSUED`, `ALREADY_ISSUED`, `NOT_OPEN`, `CLOSED`, `PAUSED`, `NOT_ADMITTED` or `SOLD_OUT`.
    #[schema(example = "ISSUED")]
    code: String,
    /// For people, in the language of `Accept-Language`.
    message: String,
    /// Coupons left.
    remaining_stock: u32,
    /// The coupon, with `ISSUED` and `ALREADY_ISSUED`.
    #[schema(value_type = Option<Uuid>)]
    coupon_id: Option<CouponId>,
    /// 1..stock, with the coupon.
    serial: Option<u32>,
}

/// One coupon of a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct CouponView {
    #[schema(value_type = Uuid)]
    coupon_id: CouponId,
    serial: u32,
    /// `ISSUED`, `RESERVED`, `REDEEMED`, `EXPIRED` or `REVOKED`.
    #[schema(value_type = String)]
    status: CouponStatus,
    #[schema(value_type = String)]
    issued_at: ZonedTime,
    #[schema(value_type = Option<String>)]
    expires_at: Option<ZonedTime>,
}

impl CouponView {
    /// A coupon with its status.
    pub fn new(coupon: &Coupon, status: CouponStatus, terms: &Terms) -> Self {
        Self {
            coupon_id: coupon.coupon_id,
            serial: coupon.serial,
            status,
            issued_at: ZonedTime(coupon.issued_at),
            expires_at: terms.expires_at(coupon.issued_at).map(ZonedTime),
        }
    }
}

/// A user's coupons of one campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserCoupons {
    /// The user.
    pub user_id: String,
    /// The campaign.
    pub event_id: String,
    /// The first coupon that is not revoked, or null.
    #[schema(value_type = Option<Uuid>)]
    pub coupon_id: Option<CouponId>,
    /// All coupons, in the order in which they were given.
    pub coupons: Vec<CouponView>,
}

/// One of a person's coupons over all campaigns.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnCoupon {
    /// The coupon.
    #[schema(value_type = Uuid)]
    pub coupon_id: CouponId,
    /// Its campaign.
    pub event_id: String,
    /// The campaign's displayed name.
    pub name: String,
    /// Its number; null once it went back into stock.
    pub serial: Option<u32>,
    /// `ISSUED`, `RESERVED`, `REDEEMED`, `EXPIRED` or `REVOKED`.
    #[schema(value_type = String)]
    pub status: CouponStatus,
    /// When it was given.
    #[schema(value_type = String)]
    pub issued_at: ZonedTime,
    /// Until when it can be used; null without an end.
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<ZonedTime>,
    /// What it is good for.
    pub discount: Option<DiscountView>,
    /// Smallest order amount, in won.
    pub min_order_amount: i64,
}

/// A person's coupons, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnCoupons {
    /// At most 200.
    pub list: Vec<OwnCoupon>,
}

/// An order that reserves a coupon.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemBody {
    /// 1 to 128 of `[A-Za-z0-9_.:-]`.
    pub order_id: String,
    /// The order's amount in won.
    #[serde(deserialize_with = "won")]
    #[schema(minimum = 0, maximum = 1000000000000_i64)]
    pub amount: i64,
}

/// An order's id of 128 characters, each escaped, and an amount.
impl RequestBody for RedeemBody {
    const LIMIT_BYTES: usize = 1_024;
}

/// An order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderBody {
    /// 1 to 128 of `[A-Za-z0-9_.:-]`.
    pub order_id: String,
}

impl RequestBody for OrderBody {
    const LIMIT_BYTES: usize = 1_024;
}

/// The status of a coupon for an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedeemView {
    /// The coupon.
    #[schema(value_type = Uuid)]
    pub coupon_id: CouponId,
    /// The order.
    pub order_id: String,
    /// `RESERVED`, `REDEEMED` or `ISSUED`.
    #[schema(value_type = String)]
    pub status: CouponStatus,
    /// The discount in won; null when the coupon was released.
    pub discount_amount: Option<i64>,
}

/// How a coupon is revoked.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeBody {
    /// Whether its number returns to stock.
    #[serde(default)]
    pub return_to_stock: bool,
}

impl RequestBody for RevokeBody {
    const LIMIT_BYTES: usize = 128;
}

/// A revoked coupon.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevokeView {
    /// The coupon.
    #[schema(value_type = Uuid)]
    pub coupon_id: CouponId,
    /// `REVOKED`.
    #[schema(value_type = String)]
    pub status: CouponStatus,
    /// Whether its number returns to stock.
    pub returned_to_stock: bool,
}
