//! The issuer: keeps in the ledger what was decided (FCFS-006, FCFS-008).
//!
//! `messages` is what it hears, `service` what it does with it, `outboxes` the two places that messages come from,
//! `tidy` forgets what has been done with long ago.

pub mod messages;
pub mod outboxes;
pub mod service;
pub mod tidy;

#[cfg(test)]
mod tests;

pub use messages::CouponGroup;
pub use outboxes::{HotOutbox, LedgerOutbox};
pub use service::{Issuer, Verdict};
