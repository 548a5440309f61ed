//! The ledger on real SQLite files.

mod api_keys;
mod campaigns;
mod constraints;
mod keeping;
mod messages;
mod redeeming;
mod schema;
mod support;
