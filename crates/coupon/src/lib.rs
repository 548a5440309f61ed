//! First-come coupons (FCFS, GATE-008..010).
//!
//! One context with three roles, which share its tables: `coupon` issues and redeems, `gate` is the line before a
//! campaign, `issuer` stores decisions in the tables.
//!
//! `issue` is the use case of the rush with its route; `campaigns`, `redemption`, `reconcile` and `rebuild` are the other
//! use cases; `api` has the routes, `views` their JSON, `messages` the messages that role `coupon` receives; `outboxes`
//! are the sources of its messages. `audit` says what the audit log has of changes, `audit_log` shows it;
//! `looks` are pages in one's own colours, `sales` what operators see of a campaign.

pub mod announce;
pub mod api;
pub mod arrivals;
mod audit;
pub mod audit_log;
mod books;
pub mod campaigns;
mod deletion;
mod follow;
pub mod gate;
pub mod holders;
pub mod in_flight;
pub mod issue;
pub mod issuer;
pub mod looks;
pub mod messages;
pub mod metrics;
pub mod outboxes;
mod own;
mod public_list;
mod purchases;
pub mod reads;
pub mod rebuild;
pub mod reconcile;
pub mod redemption;
pub mod rows;
pub mod sales;
pub mod schema;
pub mod service;
mod step_message;
pub mod steps;
mod until_stored;
pub mod user_coupons;
pub mod views;

pub use issue::{Gatekeeper, IssueMetrics, IssueParts, IssueRoute};
pub use public_list::PublicLists;
pub use service::CouponService;
