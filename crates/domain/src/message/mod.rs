//! Messages between services: the envelope, the topics, the payloads (MSG-001; `contract.md`, Messages).

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The only version there is.
pub const VERSION: &str = "v1";

/// Where messages travel.
pub mod topic {
    /// What happened to coupons.
    pub const COUPON_EVENTS: &str = "coupon.events";
    /// Coupons that the gate asks for.
    pub const COUPON_REQUESTS: &str = "coupon.requests";
    /// What happened to reservations.
    pub const RESERVATION_EVENTS: &str = "reservation.events";
    /// What happened to payments.
    pub const PAYMENT_EVENTS: &str = "payment.events";
    /// Dead letters of the coupon topics.
    pub const DLQ_COUPON: &str = "dlq.coupon";
    /// Dead letters of the reservation topics.
    pub const DLQ_RESERVATION: &str = "dlq.reservation";
    /// Dead letters of the payment topics.
    pub const DLQ_PAYMENT: &str = "dlq.payment";

    /// How a topic is made on a broker.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Plan {
        /// The topic.
        pub name: &'static str,
        /// Into how many parts it is split. Never changed later: a key would move to another part.
        pub partitions: i32,
        /// How long its messages are kept.
        pub kept_days: i64,
    }

    /// Every topic there is (`contract.md`, Messages).
    pub const PLANS: [Plan; 7] = [
        Plan { name: COUPON_EVENTS, partitions: 6, kept_days: 7 },
        Plan { name: COUPON_REQUESTS, partitions: 6, kept_days: 3 },
        Plan { name: RESERVATION_EVENTS, partitions: 3, kept_days: 3 },
        Plan { name: PAYMENT_EVENTS, partitions: 3, kept_days: 3 },
        Plan { name: DLQ_COUPON, partitions: 1, kept_days: DEAD_LETTERS_KEPT_DAYS },
        Plan { name: DLQ_RESERVATION, partitions: 1, kept_days: DEAD_LETTERS_KEPT_DAYS },
        Plan { name: DLQ_PAYMENT, partitions: 1, kept_days: DEAD_LETTERS_KEPT_DAYS },
    ];

    /// How long dead letters are kept.
    pub const DEAD_LETTERS_KEPT_DAYS: i64 = 7;

    /// The dead-letter topic of a topic.
    pub fn dead_letters_of(topic: &str) -> String {
        let family = topic.split('.').next().unwrap_or(topic);
        format!("dlq.{family}")
    }
}

/// The kinds of message about coupons.
pub mod event_type {
    /// A coupon was given.
    pub const COUPON_ISSUED: &str = "CouponIssued";
    /// A coupon was used.
    pub const COUPON_REDEEMED: &str = "CouponRedeemed";
    /// A coupon was taken back.
    pub const COUPON_REVOKED: &str = "CouponRevoked";
    /// The gate asks for a coupon for somebody.
    pub const COUPON_REQUESTED: &str = "CouponRequested";
    /// The last coupon is gone.
    pub const STOCK_EXHAUSTED: &str = "StockExhausted";
}

/// Where a message comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Ties together all that followed from one request.
    pub correlation_id: String,
    /// The `eventId` of the message that caused this one.
    pub causation_id: Option<Uuid>,
    /// The person concerned.
    pub user_id: Option<String>,
}

/// A message as it stands on the wire. The Kafka key is `aggregate_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Unique; consumers know a repeated message by it.
    pub event_id: Uuid,
    /// One of [`event_type`].
    pub event_type: String,
    /// What it is about.
    pub aggregate_id: String,
    /// The kind of thing it is about.
    pub aggregate_type: String,
    /// [`VERSION`].
    pub version: String,
    /// When it was decided.
    pub timestamp: Timestamp,
    /// Where it comes from.
    pub metadata: Metadata,
    /// What it says.
    pub payload: serde_json::Value,
}

/// `CouponIssued`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponIssued {
    /// Whose campaign.
    pub tenant: String,
    /// Which campaign.
    pub campaign_id: String,
    /// The coupon.
    pub coupon_id: Uuid,
    /// To whom.
    pub user_id: String,
    /// 1..=stock.
    pub serial: u32,
    /// The user's first, second, ... coupon.
    pub nth_of_user: u32,
    /// When, in milliseconds since the epoch: the envelope's time has whole seconds only.
    pub issued_at_ms: i64,
}

/// `CouponRequested`: somebody's turn has come (GATE-004).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponRequested {
    /// Whose campaign.
    pub tenant: String,
    /// Which campaign.
    pub campaign_id: String,
    /// For whom.
    pub user_id: String,
    /// The place in the line.
    pub ticket: u64,
}

/// `CouponRedeemed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponRedeemed {
    /// Whose campaign.
    pub tenant: String,
    /// Which campaign.
    pub campaign_id: String,
    /// The coupon.
    pub coupon_id: Uuid,
    /// Whose it was.
    pub user_id: String,
    /// For which order.
    pub order_id: String,
    /// Taken off, in won.
    pub discount_amount: i64,
}

/// `CouponRevoked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponRevoked {
    /// Whose campaign.
    pub tenant: String,
    /// Which campaign.
    pub campaign_id: String,
    /// The coupon.
    pub coupon_id: Uuid,
    /// Whose it was.
    pub user_id: String,
    /// Whether its number went back into stock.
    pub return_to_stock: bool,
}

/// `StockExhausted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockExhausted {
    /// Whose campaign.
    pub tenant: String,
    /// Which campaign.
    pub campaign_id: String,
    /// Coupons in all.
    pub stock: u32,
}

impl Envelope {
    /// A message about a campaign or one of its coupons.
    pub fn about_campaign<P: Serialize>(
        event_id: Uuid,
        event_type: &str,
        campaign_key: String,
        at: Timestamp,
        user_id: Option<String>,
        payload: &P,
    ) -> Self {
        Self {
            event_id,
            event_type: event_type.to_owned(),
            aggregate_id: campaign_key,
            aggregate_type: "Campaign".to_owned(),
            version: VERSION.to_owned(),
            timestamp: at,
            metadata: Metadata { correlation_id: event_id.to_string(), causation_id: None, user_id },
            payload: serde_json::to_value(payload).unwrap_or_default(),
        }
    }
}
