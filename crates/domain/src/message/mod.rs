//! Messages between services (MSG-001; `contract.md`, Messages): the envelope, the topics, the kinds, the payloads.

mod coupon;
mod envelope;
pub mod event;
pub mod id;
mod kind;
pub mod topic;

pub use coupon::{
    CouponIssued, CouponRedeemed, CouponRedemptionUndone, CouponRequested, CouponRevoked, StockExhausted,
};
pub use envelope::{Envelope, Metadata, VERSION};
pub use kind::{KINDS, Kind, Payload, check_payload, event_type};
