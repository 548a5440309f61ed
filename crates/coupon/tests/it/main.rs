//! The rows of campaigns and coupons on SQLite files and on real servers.

mod campaigns;
mod constraints;
mod crossing;
mod giving;
mod keeping;
mod losses;
mod names;
mod news;
mod places;
mod quotas;
mod redeeming;
mod rights;
mod schema;
mod support;
