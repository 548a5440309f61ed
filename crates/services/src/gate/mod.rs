//! The gate before a campaign (GATE-001..006): people queue, and go on at a rate that the rest can bear.
//!
//! `service` answers people; `campaigns` keeps a line before every gated campaign; `api` the routes.

pub mod api;
pub mod campaigns;
pub mod service;

pub use campaigns::GateSettings;
pub use service::GateService;
