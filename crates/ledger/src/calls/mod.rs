//! What calls leave in a schema beside their rows: the audit log, and the answers kept under an `Idempotency-Key` (SEC-003).
//!
//! Both are written in the transaction of the change, from the [`call::Call`] under way, so neither can be lost nor stand
//! for a change that was undone. The answer itself is known only after the change: until it is kept, the row says that the
//! effect stands ([`kept::Found::Done`]), and a call that comes again answers from what stands and changes nothing.

pub mod audit;
mod audit_row;
pub mod kept;
mod kept_row;
mod m20261129_000004_calls;

use crate::change::Transaction;
use crate::error::LedgerError;
use crate::schema::{Right, Table};
use call::Entry;
use sea_orm_migration::MigrationTrait;

/// The audit log. Rows are only added.
pub const AUDIT_TABLE: Table = Table { name: "audit_log", rights: &[Right::Select, Right::Insert] };

/// The answers kept under an `Idempotency-Key`.
pub const KEPT_TABLE: Table =
    Table { name: "idempotency_keys", rights: &[Right::Select, Right::Insert, Right::Update, Right::Delete] };

/// The migration that makes both tables, for the list of [`Schema::migrations`](crate::Schema::migrations). A schema lists
/// [`AUDIT_TABLE`] and [`KEPT_TABLE`], too.
pub fn call_tables() -> Box<dyn MigrationTrait> {
    Box::new(m20261129_000004_calls::Migration)
}

/// Marks a change as the effect of the call under way: its audit entry, and its `Idempotency-Key`. Without a call nothing
/// is written. Of several changes of one call the first has the key.
///
/// # Errors
/// [`LedgerError::CallRepeated`] when another run of the same call has stored the effect: undo the change. Others.
pub async fn settle(change: &Transaction, entry: Option<&Entry>) -> Result<(), LedgerError> {
    let call = call::current();
    if let Some(keyed) = call.as_ref().and_then(call::Call::key).filter(|keyed| !keyed.is_settled()) {
        // What stands is not done again, whatever a use case has overlooked.
        if keyed.is_done {
            return Err(LedgerError::CallRepeated);
        }
        kept::mark_done(change, keyed).await?;
        change.stores_key(keyed);
    }
    match entry {
        Some(entry) => audit::append(change, entry).await,
        None => Ok(()),
    }
}
