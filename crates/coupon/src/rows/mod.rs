//! The rows of campaigns and coupons. A row that would break a promise (two coupons with one number, a number beyond the
//! stock, a coupon beyond the user's limit) is refused by the tables' constraints.
//!
//! Queries are functions of their table's module. Each takes the tenant: no query reads across tenants unless its name
//! says so.

mod campaign_quota;
pub mod campaigns;
pub mod coupons;
mod entities;
pub mod looks;

/// The number of rows before a page. Databases count in signed integers, and a caller may name any page.
fn rows_before(page: u64, size: u64) -> u64 {
    std::cmp::min(page.saturating_mul(size), i64::MAX.unsigned_abs())
}
