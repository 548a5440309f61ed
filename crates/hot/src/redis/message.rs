//! The messages of decisions. Their ids follow from what they tell of: the same message told twice, by whichever way,
//! is the same message.

use domain::CampaignId;
use domain::Timestamp;
use domain::coupon::Coupon;
use domain::message::{CouponIssued, Envelope, StockExhausted, event_type};
use uuid::Uuid;

/// A coupon was given.
pub(super) fn issued(id: &CampaignId, coupon: &Coupon) -> Envelope {
    let payload = CouponIssued {
        tenant: id.tenant.to_string(),
        campaign_id: id.event.to_string(),
        coupon_id: coupon.coupon_id,
        user_id: coupon.user.to_string(),
        serial: coupon.serial,
        nth_of_user: coupon.nth_of_user,
        issued_at_ms: coupon.issued_at.millis(),
    };
    let kind = event_type::COUPON_ISSUED;
    let event_id = Uuid::new_v5(&coupon.coupon_id, kind.as_bytes());
    Envelope::about_campaign(event_id, kind, id.to_string(), coupon.issued_at, Some(payload.user_id.clone()), &payload)
}

/// The last coupon is gone.
pub(super) fn exhausted(id: &CampaignId, event_id: Uuid, stock: u32, at: Timestamp) -> Envelope {
    let payload = StockExhausted { tenant: id.tenant.to_string(), campaign_id: id.event.to_string(), stock };
    Envelope::about_campaign(event_id, event_type::STOCK_EXHAUSTED, id.to_string(), at, None, &payload)
}
