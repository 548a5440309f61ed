//! The queries of the catalog, one module for each table.

pub mod entities;
pub mod events;
pub mod halls;
pub mod listing;
pub mod plans;
pub mod schedules;
pub mod seat_states;
pub mod seats;
pub mod venues;

use ledger::LedgerError;

/// Rows before a page. The databases count in signed 64 bits.
pub(crate) fn rows_before(page: u64, size: u64) -> u64 {
    page.saturating_mul(size).min(i64::MAX as u64)
}

/// The tables count in signed 32 bits; the domain's limits are far lower.
pub(crate) fn number(count: u32) -> Result<i32, LedgerError> {
    i32::try_from(count).map_err(|_| LedgerError::conflict(format!("{count} is more than a table can hold")))
}

/// Reads a count back.
pub(crate) fn count(number: i32, what: &str) -> Result<u32, LedgerError> {
    u32::try_from(number).map_err(|_| LedgerError::damaged(what))
}
