//! The queries of reservations, one module for each purpose. Steps lock rows by `lock`, decide in a book of them, and write what
//! has changed by `store`; everything else only reads.

mod bulk;
pub(crate) mod cancelled;
pub(crate) mod counter;
pub(crate) mod entities;
pub(crate) mod lock;
pub mod read;
mod record;
pub mod repair;
pub mod sales;
pub(crate) mod store;
pub(crate) mod upkeep;

pub use counter::TimeSource;

/// Most ids named in one statement.
const NAMED_MAX: usize = 500;

/// Rows before a page. The databases count in signed 64 bits.
pub(crate) fn rows_before(page: u64, size: u64) -> u64 {
    page.saturating_mul(size).min(i64::MAX as u64)
}
