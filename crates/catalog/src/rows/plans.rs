//! The templates that seats were made from (table `seat_plans`). A row never changes: its id follows from its content, so a
//! hall whose template changes keeps the plans of the seats that exist, and many events share one row.

use super::entities::seat_plan::{ActiveModel, Column, Entity};
use super::halls::{template, written};
use domain::catalog::{SeatPlan, SeatTemplate};
use ledger::moment::now;
use ledger::{LedgerError, Transaction};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, SqlErr};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// The id of a template: the beginning of the SHA-256 of its text.
fn id_of(text: &str) -> Uuid {
    let mut start = [0; 16];
    start.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    Builder::from_custom_bytes(start).into_uuid()
}

/// Keeps a template. Returns its id.
///
/// # Errors
/// [`LedgerError::LostRace`] when another change keeps the same one at this moment: it is there when this is tried again.
pub async fn keep(change: &Transaction, template: &SeatTemplate) -> Result<Uuid, LedgerError> {
    let text = written(template)?;
    let id = id_of(&text);
    if Entity::find().filter(Column::Id.eq(id)).count(change.connection()).await? > 0 {
        return Ok(id);
    }
    let row = ActiveModel { id: Set(id.into()), seat_template: Set(text), created_at: Set(now()) };
    let insert = Entity::insert(row).exec_without_returning(change.connection()).await;
    insert.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => LedgerError::LostRace(error.into()),
        _ => error.into(),
    })?;
    Ok(id)
}

/// The plan with this id.
///
/// # Errors
/// [`LedgerError`], also when it is missing: a schedule refers to it.
pub async fn get<C: ConnectionTrait>(connection: &C, id: Uuid) -> Result<SeatPlan, LedgerError> {
    let row = Entity::find().filter(Column::Id.eq(id)).one(connection).await?;
    let text = row.ok_or_else(|| LedgerError::damaged("a seat plan"))?.seat_template;
    template(&text)?.plan().map_err(|_| LedgerError::damaged("a seat plan"))
}
