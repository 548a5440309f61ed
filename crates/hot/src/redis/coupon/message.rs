//! The messages of decisions.

use domain::CampaignId;
use domain::coupon::Coupon;
use domain::message::{CouponIssued, Envelope};

/// A coupon was issued.
pub(super) fn issued(id: &CampaignId, coupon: &Coupon) -> Envelope {
    CouponIssued::of(id, coupon).message(id, coupon.issued_at)
}
