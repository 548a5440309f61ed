//! The queries of the catalog, one module for each table.

pub mod entities;
pub mod events;
pub mod halls;
pub mod listing;
pub mod plans;
pub mod sales;
pub mod schedules;
pub mod seat_states;
pub mod seats;
pub mod venues;

use ledger::{LedgerError, StoredId, Transaction};
use sea_orm::{EntityTrait, PaginatorTrait, PrimaryKeyTrait};
use uuid::Uuid;

/// `id`, or a new one where a row has it already: a call that comes again after its `Idempotency-Key` has run out makes
/// something new.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn free_id<E>(change: &Transaction, id: Uuid) -> Result<Uuid, LedgerError>
where
    E: EntityTrait<Model: Send + Sync>,
    E::PrimaryKey: PrimaryKeyTrait<ValueType = StoredId>,
{
    let taken = E::find_by_id(id).count(change.connection()).await? > 0;
    Ok(if taken { Uuid::now_v7() } else { id })
}

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
