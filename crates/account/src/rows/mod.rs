//! The rows of accounts. Queries are functions of their table's module.

pub mod consents;
pub mod entities;
pub mod logins;
pub mod notices;
pub mod social;
pub mod terms;
pub mod tokens;
pub mod users;
pub mod verifications;

/// The number of rows before a page. Databases count in signed integers, and a caller may name any page.
pub(crate) fn rows_before(page: u64, size: u64) -> u64 {
    std::cmp::min(page.saturating_mul(size), i64::MAX.unsigned_abs())
}
