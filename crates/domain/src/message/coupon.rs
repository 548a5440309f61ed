//! The payloads of messages about coupons, and the messages of decisions.

use super::id;
use super::{Envelope, event_type};
use crate::coupon::Coupon;
use crate::id::CouponId;
use crate::line::QueueNumber;
use crate::name::CampaignId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `CouponIssued`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponIssued {
    /// The campaign's tenant.
    pub tenant: String,
    /// The campaign's name.
    pub campaign_id: String,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The user.
    pub user_id: String,
    /// 1..=stock.
    pub serial: u32,
    /// The user's first, second, ... coupon.
    pub nth_of_user: u32,
    /// The time of issue in milliseconds since the epoch: the envelope's time has whole seconds only.
    pub issued_at_ms: i64,
}

/// `CouponRequested`: a user's turn has come (GATE-004).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponRequested {
    /// The campaign's tenant.
    pub tenant: String,
    /// The campaign's name.
    pub campaign_id: String,
    /// The user.
    pub user_id: String,
    /// The queue number in the line.
    #[serde(rename = "ticket")]
    pub number: QueueNumber,
}

/// `CouponRedeemed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponRedeemed {
    /// The campaign's tenant.
    pub tenant: String,
    /// The campaign's name.
    pub campaign_id: String,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The user.
    pub user_id: String,
    /// The order.
    pub order_id: String,
    /// The discount, in won.
    pub discount_amount: i64,
}

/// `CouponRedemptionUndone`: the order that redeemed the coupon was cancelled, and the user holds it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponRedemptionUndone {
    /// The campaign's tenant.
    pub tenant: String,
    /// The campaign's name.
    pub campaign_id: String,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The user.
    pub user_id: String,
    /// The order.
    pub order_id: String,
}

/// `CouponRevoked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponRevoked {
    /// The campaign's tenant.
    pub tenant: String,
    /// The campaign's name.
    pub campaign_id: String,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The user.
    pub user_id: String,
    /// Whether its number returned to stock.
    pub return_to_stock: bool,
}

/// `StockExhausted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockExhausted {
    /// The campaign's tenant.
    pub tenant: String,
    /// The campaign's name.
    pub campaign_id: String,
    /// The campaign's stock.
    pub stock: u32,
}

impl CouponIssued {
    /// The payload for `coupon` of the campaign `id`.
    pub fn of(id: &CampaignId, coupon: &Coupon) -> Self {
        Self {
            tenant: id.tenant.to_string(),
            campaign_id: id.event.to_string(),
            coupon_id: coupon.coupon_id,
            user_id: coupon.user.to_string(),
            serial: coupon.serial,
            nth_of_user: coupon.nth_of_user,
            issued_at_ms: coupon.issued_at.millis(),
        }
    }

    /// The message that the coupon was issued, decided at `at`. Its id follows from the coupon.
    pub fn message(&self, id: &CampaignId, at: Timestamp) -> Envelope {
        let event_id = id::of_decision(self.coupon_id.get(), event_type::COUPON_ISSUED);
        self.message_with_id(event_id, id, at)
    }

    /// As [`CouponIssued::message`], with an id that was chosen at the decision and stored with it.
    pub fn message_with_id(&self, event_id: Uuid, id: &CampaignId, at: Timestamp) -> Envelope {
        let user = Some(self.user_id.clone());
        Envelope::about_campaign(event_id, event_type::COUPON_ISSUED, id.to_string(), at, user, self)
    }
}

impl StockExhausted {
    /// The message that all `stock` coupons of the campaign `id` were issued.
    pub fn message(event_id: Uuid, id: &CampaignId, stock: u32, at: Timestamp) -> Envelope {
        let payload = Self { tenant: id.tenant.to_string(), campaign_id: id.event.to_string(), stock };
        Envelope::about_campaign(event_id, event_type::STOCK_EXHAUSTED, id.to_string(), at, None, &payload)
    }
}
