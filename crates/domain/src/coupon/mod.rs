//! Coupons: the campaign, the first-come decision, and the life of one coupon.
//!
//! The life of a coupon (GATE-010) is issued, reserved, redeemed, revoked; `Expired` follows from the time and is never
//! stored. `model` is the reference that the test suites compare every engine with.

pub mod campaign;
pub mod campaign_change;
pub mod issue;
#[cfg(any(test, feature = "model"))]
pub mod model;
pub mod reconcile;
pub mod redemption;

use crate::id::CouponId;
use crate::name::UserId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What has been done with a coupon, as kept in the ledger and shown to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CouponStatus {
    /// Held and usable.
    Issued,
    /// Set aside for an order.
    Reserved,
    /// Used.
    Redeemed,
    /// Held, but past its validity. Never stored: it follows from the clock.
    Expired,
    /// Taken back.
    Revoked,
}

impl CouponStatus {
    /// As written on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "ISSUED",
            Self::Reserved => "RESERVED",
            Self::Redeemed => "REDEEMED",
            Self::Expired => "EXPIRED",
            Self::Revoked => "REVOKED",
        }
    }

    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Issued, Self::Reserved, Self::Redeemed, Self::Expired, Self::Revoked]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A coupon in the hot state, with its holder, number and time of issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// The coupon.
    pub coupon_id: CouponId,
    /// 1..=stock. A coupon taken back into stock gives its number up.
    pub serial: u32,
    /// Whose it is.
    pub user: UserId,
    /// The user's first, second, ... coupon of the campaign.
    pub nth_of_user: u32,
    /// When it was given.
    pub issued_at: Timestamp,
    /// Whether it was taken back.
    pub revoked: bool,
}
