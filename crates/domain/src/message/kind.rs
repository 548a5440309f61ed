//! The kinds of message, each in one line: constant, name on the wire, topic, payload.

use super::coupon::{CouponIssued, CouponRedeemed, CouponRequested, CouponRevoked, StockExhausted};
use super::topic::{COUPON_EVENTS, COUPON_REQUESTS};

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
    /// A coupon was revoked.
    COUPON_REVOKED = "CouponRevoked" on COUPON_EVENTS carries CouponRevoked;
    /// The last coupon of a campaign was issued.
    STOCK_EXHAUSTED = "StockExhausted" on COUPON_EVENTS carries StockExhausted;
    /// The gate asks for a coupon for a user.
    COUPON_REQUESTED = "CouponRequested" on COUPON_REQUESTS carries CouponRequested;
}
