//! Queries of `marks`: how far work that is done now and then has come.

use crate::rows::entities::mark::{ActiveModel, Column, Entity};
use domain::Timestamp;
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use sea_orm::sea_query::OnConflict;

/// How far this work has come; none before the first time.
///
/// # Errors
/// [`LedgerError`].
pub async fn find(ledger: &Ledger, name: &str) -> Result<Option<Timestamp>, LedgerError> {
    let row = Entity::find_by_id(name.to_owned()).one(ledger.connection()).await?;
    Ok(row.map(|row| read(row.at)))
}

/// It has come so far.
///
/// # Errors
/// [`LedgerError`].
pub async fn put(ledger: &Ledger, name: &str, at: Timestamp) -> Result<(), LedgerError> {
    let row = ActiveModel { name: Set(name.to_owned()), at: Set(stored(at)) };
    Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Name).update_column(Column::At).to_owned())
        .exec_without_returning(ledger.connection())
        .await?;
    Ok(())
}
