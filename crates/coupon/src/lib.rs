//! First-come coupons (FCFS, GATE-008..010).
//!
//! One context with three roles, which share its tables: `coupon` issues and redeems, `gate` is the line before a
//! campaign, `issuer` writes what was decided into the tables.
//!
//! `issue` is the use case of the rush with its route; `campaigns`, `redemption`, `reconcile` and `rebuild` are the
//! others; `api` has the routes, `views` their JSON, `messages` what the role receives.

pub mod announce;
pub mod api;
pub mod campaigns;
pub mod gate;
pub mod issue;
pub mod issuer;
pub mod messages;
pub mod metrics;
pub mod on_their_way;
pub mod rebuild;
pub mod reconcile;
pub mod redemption;
pub mod rows;
pub mod schema;
pub mod service;
pub mod views;

pub use issue::{Gatekeeper, IssueMetrics, IssueParts, IssueRoute};
pub use service::CouponService;
