//! The rules and the terms of Onsale.
//!
//! Nothing here reads a clock, draws a random number, or does I/O: time and ids are arguments.
//! The embedded engine, the Lua scripts and the database transactions all decide by these rules, and the tests compare
//! every adapter with them.

pub mod account;
pub mod breaker;
pub mod catalog;
pub mod coupon;
pub mod error_code;
pub mod id;
pub mod key;
pub mod limit;
pub mod line;
pub mod look;
pub mod message;
pub mod name;
pub mod network;
pub mod payment;
pub mod quota;
pub mod reservation;
pub mod seat;
pub mod shown;
pub mod ticket;
pub mod time;

pub use coupon::campaign::{Campaign, CampaignStatus, Discount, Terms};
pub use coupon::issue::{IdempotencyKey, IssueOutcome};
pub use coupon::{Coupon, CouponStatus};
pub use error_code::ErrorCode;
pub use id::{
    AccountId, CouponId, EventId, HallId, KeyId, PassId, PaymentId, PaymentKey, RefundId, ReservationId, ScheduleId,
    SeatId, VenueId,
};
pub use key::{Scope, Scopes};
pub use name::{CampaignId, EventName, TenantName, UserId};
pub use network::{Network, NetworkPrefixes};
pub use time::{TimeError, Timestamp, ZonedTime};
