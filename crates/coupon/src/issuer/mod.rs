//! The issuer: keeps in the ledger what was decided (FCFS-006, FCFS-008).
//!
//! `messages` is what it hears, `service` what it does with decisions, `requests` what it decides itself for the gate,
//! `gate_call` how it tells the gate, `outboxes` the two places that messages come from.

pub mod gate_call;
#[cfg(test)]
mod gate_call_tests;
pub mod messages;
pub mod outboxes;
pub mod requests;
pub mod service;

#[cfg(test)]
mod tests;

pub use gate_call::GateCall;
pub use messages::CouponGroup;
pub use outboxes::{HotOutbox, LedgerOutbox};
pub use requests::{Outcome, Requests, TellGate};
pub use service::{Issuer, Verdict};
