//! The rows of campaigns and coupons. A row that would break a promise (two coupons with one number, a number beyond the
//! stock, a coupon beyond the user's limit) is refused by the tables' constraints.
//!
//! Queries are functions of their table's module. Each takes the tenant: no query reads across tenants unless its name
//! says so.

pub mod campaigns;
pub mod coupons;
mod entities;
