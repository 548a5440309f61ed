//! The JSON and the CSV of a campaign's coupons.

use domain::{CouponId, CouponStatus, ZonedTime};
use serde::Serialize;
use utoipa::ToSchema;

/// A coupon and its holder.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldCoupon {
    /// The coupon.
    #[schema(value_type = uuid::Uuid)]
    pub coupon_id: CouponId,
    /// Its holder.
    pub user_id: String,
    /// 1..stock. Of a revoked coupon that returned to stock: the number that it had.
    pub serial: Option<u32>,
    /// `ISSUED`, `RESERVED`, `REDEEMED`, `EXPIRED` or `REVOKED`.
    #[schema(value_type = String)]
    pub status: CouponStatus,
    /// When it was issued.
    #[schema(value_type = String)]
    pub issued_at: ZonedTime,
}

impl HeldCoupon {
    /// The names of the columns, with the end of the line.
    pub const CSV_NAMES: &str = "coupon_id,user_id,serial,status,issued_at\r\n";

    /// The line of the coupon. No value has a character that CSV would need to quote: users are of `[A-Za-z0-9_.:-]`.
    pub fn csv_line(&self) -> String {
        let serial = self.serial.map(|serial| serial.to_string()).unwrap_or_default();
        let Self { coupon_id, user_id, status, issued_at, .. } = self;
        format!("{coupon_id},{user_id},{serial},{},{issued_at}\r\n", status.as_str())
    }
}

/// A page of a campaign's coupons.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CouponPage {
    /// In the order of users.
    pub list: Vec<HeldCoupon>,
    /// From 0.
    pub page: u64,
    /// Most entries of a page.
    pub size: u64,
    /// Entries of all pages.
    pub total_elements: u64,
}
