//! What is asked of the tables, one module a table.

pub mod api_keys;
pub mod campaigns;
pub mod coupons;
pub mod outbox;
pub mod processed;
