//! First-come coupons (FCFS, GATE-008..010).
//!
//! `issue` is the hot route, `issue_bytes` its JSON, `gatekeeper` what it asks of a gate; `api` the other routes;
//! `campaigns`, `redemption` and `reconcile` the use cases; `messages` what the service hears of itself.

pub mod api;
pub mod campaigns;
pub mod gate;
pub mod gatekeeper;
pub mod issue;
mod issue_bytes;
pub mod issue_metrics;
#[cfg(test)]
mod issue_tests;
pub mod issuer;
pub mod messages;
pub mod metrics;
pub mod on_their_way;
pub mod rebuild;
pub mod reconcile;
pub mod redemption;
pub mod service;
pub mod views;

pub use gatekeeper::Gatekeeper;
pub use issue::{IssueParts, IssueRoute};
pub use issue_metrics::IssueMetrics;
pub use service::CouponService;
