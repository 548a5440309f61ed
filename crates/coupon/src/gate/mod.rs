//! The gate before a campaign (GATE-001..006): people queue, and go on at a rate that the rest can bear.
//!
//! `service` answers people; `passes` gives coupons to those who were let in; `campaigns` keeps a line before every gated
//! campaign; `dispatch` asks issuers to do the work where people do not ask themselves, and `completion` hears what came
//! of it; `api` the routes, and `route` those of them that are asked all the time.

pub mod api;
pub mod campaigns;
#[cfg(test)]
mod campaigns_tests;
pub mod completion;
pub mod dispatch;
#[cfg(test)]
mod dispatch_tests;
#[cfg(test)]
mod faulty_lines;
#[cfg(test)]
mod pass_tests;
pub mod passes;
pub mod route;
#[cfg(test)]
mod rule_tests;
pub mod service;

pub use campaigns::{DispatchMode, GateSettings};
pub use dispatch::ToIssuers;
pub use service::GateService;
