//! Messages between services (MSG-001; `contract.md`, Messages): the envelope, the topics, the kinds, the payloads, the
//! places of consumers.

mod coupon;
mod envelope;
pub mod event;
pub mod id;
mod kind;
mod place;
pub mod topic;

pub use coupon::{
    CouponIssued, CouponRedeemed, CouponRedemptionUndone, CouponRequested, CouponRevoked, StockExhausted,
};
pub use envelope::{Envelope, Metadata, VERSION};
pub use kind::{KINDS, Kind, Payload, check_payload, event_type};
pub use place::Place;
