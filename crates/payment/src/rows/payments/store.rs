//! Locks payments, and stores them with what a step made of them.

use super::Stored;
use super::convert::to_row;
use crate::rows::entities::payment::{Column, Entity};
use domain::id::PaymentId;
use ledger::{LedgerError, Transaction};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, Iterable, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Rows of one statement: the databases' limits on parameters are some 32,000.
const ROWS_MAX: usize = 256;

/// Locks those of these payments that there are, in the order of ids, so that two changes never wait for each other in a
/// circle.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn lock(
    change: &Transaction,
    ids: impl IntoIterator<Item = PaymentId>,
) -> Result<HashMap<PaymentId, Stored>, LedgerError> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.into_iter().map(PaymentId::get)))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(change.connection())
        .await?;
    rows.into_iter().map(|row| Stored::try_from(row).map(|one| (one.payment.id, one))).collect()
}

/// Stores new payments.
///
/// # Errors
/// [`LedgerError::Conflict`] when the id, the key or the reservation has one.
pub(crate) async fn insert(change: &Transaction, new: &[&Stored]) -> Result<(), LedgerError> {
    for part in new.chunks(ROWS_MAX) {
        let rows = part.iter().map(|one| to_row(one)).collect::<Result<Vec<_>, _>>()?;
        Entity::insert_many(rows).exec_without_returning(change.connection()).await?;
    }
    Ok(())
}

/// Stores locked payments as they are now: one statement, whatever their number.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn store(change: &Transaction, locked: &[&Stored]) -> Result<(), LedgerError> {
    // The rows are there and locked, so the insertion meets its own key and becomes the update of that row.
    let is_fixed = |column: &Column| {
        matches!(column, Column::Id | Column::ReservationId | Column::UserId | Column::PaymentKey | Column::CreatedAt)
    };
    let changed = || Column::iter().filter(|column| !is_fixed(column));
    for part in locked.chunks(ROWS_MAX) {
        let rows = part.iter().map(|one| to_row(one)).collect::<Result<Vec<_>, _>>()?;
        Entity::insert_many(rows)
            .on_conflict(OnConflict::column(Column::Id).update_columns(changed()).to_owned())
            .exec_without_returning(change.connection())
            .await?;
    }
    Ok(())
}
