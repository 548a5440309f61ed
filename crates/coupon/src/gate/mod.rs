//! The gate before a campaign (GATE-001..006): people queue, and the gate admits them at a rate that the system can bear.
//!
//! `settings` is the configuration and `service` holds the parts; `campaigns` keeps a line before every gated campaign;
//! `queueing` enters people into it and reads their ranks; `passes` gives coupons to people with a pass; `dispatch`
//! requests coupons from issuers in the mode without passes, and `completion` takes their outcomes. `api` has the routes,
//! and `route` the fast path of those that are polled.

pub mod api;
pub mod campaigns;
pub mod completion;
pub mod dispatch;
mod ending;
pub mod passes;
pub mod queueing;
mod rest;
pub mod route;
pub mod service;
pub mod settings;
#[cfg(test)]
mod tests;

pub use dispatch::ToIssuers;
pub use service::GateService;
pub use settings::{DispatchMode, GateSettings};
