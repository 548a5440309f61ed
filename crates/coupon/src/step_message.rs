//! The messages of steps that others want to know of.

use crate::rows::coupons::KeptCoupon;
use crate::steps::Wish;
use domain::message::{CouponRedeemed, CouponRedemptionUndone, CouponRevoked, Envelope, event_type};
use domain::{CouponStatus, Timestamp};
use uuid::Uuid;

/// The message of a step that changes this coupon; none of a reservation and its end.
pub(crate) fn of(wish: &Wish, before: &KeptCoupon, now: Timestamp) -> Option<Envelope> {
    match wish {
        Wish::Confirm { order } => Some(redeemed(before, order, now)),
        Wish::Undo { order } if before.usage.status == CouponStatus::Redeemed => Some(undone(before, order, now)),
        Wish::Revoke { return_to_stock } => Some(revoked(before, *return_to_stock, now)),
        Wish::Reserve { .. } | Wish::Cancel { .. } | Wish::Undo { .. } => None,
    }
}

fn redeemed(kept: &KeptCoupon, order: &str, now: Timestamp) -> Envelope {
    let payload = CouponRedeemed {
        tenant: kept.campaign.tenant.to_string(),
        campaign_id: kept.campaign.event.to_string(),
        coupon_id: kept.coupon_id,
        user_id: kept.user_id.clone(),
        order_id: order.to_owned(),
        discount_amount: kept.usage.discount_amount.unwrap_or(0),
    };
    envelope(kept, event_type::COUPON_REDEEMED, now, &payload)
}

fn undone(kept: &KeptCoupon, order: &str, now: Timestamp) -> Envelope {
    let payload = CouponRedemptionUndone {
        tenant: kept.campaign.tenant.to_string(),
        campaign_id: kept.campaign.event.to_string(),
        coupon_id: kept.coupon_id,
        user_id: kept.user_id.clone(),
        order_id: order.to_owned(),
    };
    envelope(kept, event_type::COUPON_REDEMPTION_UNDONE, now, &payload)
}

fn revoked(kept: &KeptCoupon, return_to_stock: bool, now: Timestamp) -> Envelope {
    let payload = CouponRevoked {
        tenant: kept.campaign.tenant.to_string(),
        campaign_id: kept.campaign.event.to_string(),
        coupon_id: kept.coupon_id,
        user_id: kept.user_id.clone(),
        return_to_stock,
    };
    envelope(kept, event_type::COUPON_REVOKED, now, &payload)
}

fn envelope(kept: &KeptCoupon, event_type: &str, now: Timestamp, payload: &impl serde::Serialize) -> Envelope {
    let (key, user) = (kept.campaign.to_string(), Some(kept.user_id.clone()));
    Envelope::about_campaign(Uuid::now_v7(), event_type, key, now, user, payload)
}
