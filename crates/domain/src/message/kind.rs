//! The kinds of message, each in one line: constant, name on the wire, topic, payload.

use super::coupon::{
    CouponIssued, CouponRedeemed, CouponRedemptionUndone, CouponRequested, CouponRevoked, StockExhausted,
};
use super::event::{EventCancelled, PaymentFailed, PaymentRefunded, PaymentSuccess, ReservationCancelled};
use super::topic::{COUPON_EVENTS, COUPON_REQUESTS, EVENT_EVENTS, PAYMENT_EVENTS, RESERVATION_EVENTS};

/// A kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The `eventType` on the wire.
    pub name: &'static str,
    /// The one topic on which messages of this kind travel.
    pub topic: &'static str,
}

/// The payload of one kind of message.
pub trait Payload: serde::Serialize + serde::de::DeserializeOwned {
    /// The kind of message that carries it.
    const KIND: Kind;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $constant:ident = $name:literal on $topic:ident carries $payload:ty;)*) => {
        /// The names of the kinds of message, as `eventType` has them.
        pub mod event_type {
            $($(#[$doc])* pub const $constant: &str = $name;)*
        }

        /// Every kind of message.
        pub const KINDS: &[Kind] = &[$(Kind { name: $name, topic: $topic }),*];

        /// Checks the payload of a message of this kind.
        ///
        /// # Errors
        /// What is wrong with the payload, or that no message is of this kind.
        pub fn check_payload(kind: &str, payload: &serde_json::Value) -> Result<(), String> {
            let read = match kind {
                $($name => <$payload as serde::Deserialize>::deserialize(payload).map(drop),)*
                other => return Err(format!("unknown eventType {other:?}")),
            };
            read.map_err(|error| format!("payload: {error}"))
        }

        $(impl Payload for $payload {
            const KIND: Kind = Kind { name: $name, topic: $topic };
        })*
    };
}

kinds! {
    /// A coupon was issued.
    COUPON_ISSUED = "CouponIssued" on COUPON_EVENTS carries CouponIssued;
    /// A coupon was redeemed.
    COUPON_REDEEMED = "CouponRedeemed" on COUPON_EVENTS carries CouponRedeemed;
    /// A redeemed coupon was given back to its holder.
    COUPON_REDEMPTION_UNDONE = "CouponRedemptionUndone" on COUPON_EVENTS carries CouponRedemptionUndone;
    /// A coupon was revoked.
    COUPON_REVOKED = "CouponRevoked" on COUPON_EVENTS carries CouponRevoked;
    /// The last coupon of a campaign was issued.
    STOCK_EXHAUSTED = "StockExhausted" on COUPON_EVENTS carries StockExhausted;
    /// The gate asks for a coupon for a user.
    COUPON_REQUESTED = "CouponRequested" on COUPON_REQUESTS carries CouponRequested;
    /// An event was cancelled or deleted: its tickets are void.
    EVENT_CANCELLED = "EventCancelled" on EVENT_EVENTS carries EventCancelled;
    /// A payment stands.
    PAYMENT_SUCCESS = "PaymentSuccess" on PAYMENT_EVENTS carries PaymentSuccess;
    /// A payment has failed, and its reservation ends.
    PAYMENT_FAILED = "PaymentFailed" on PAYMENT_EVENTS carries PaymentFailed;
    /// A payment that stood was given back.
    PAYMENT_REFUNDED = "PaymentRefunded" on PAYMENT_EVENTS carries PaymentRefunded;
    /// A reservation has ended.
    RESERVATION_CANCELLED = "ReservationCancelled" on RESERVATION_EVENTS carries ReservationCancelled;
}
