//! The issuer: stores decisions in the ledger (FCFS-006, FCFS-008).
//!
//! `messages` decodes what it receives, `service` stores decisions, `requests` decides the gate's requests, and `gate_call`
//! reports their outcomes to a gate in another process.

pub mod gate_call;
pub mod messages;
pub mod requests;
pub mod service;

#[cfg(test)]
mod tests;

pub use crate::outboxes::HotOutbox;
pub use gate_call::GateCall;
pub use messages::CouponGroup;
pub use requests::{GateReporter, Outcome, Requests};
pub use service::{Issuer, Rejection};
