//! The ledger on SQLite files and on real servers.

mod api_keys;
mod campaigns;
mod constraints;
mod crossing;
mod giving;
mod keeping;
mod losses;
mod messages;
mod names;
mod redeeming;
mod rights;
mod schema;
mod support;
