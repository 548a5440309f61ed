//! Schedules that are remembered as cancelled (hole 6).

use super::NAMED_MAX;
use super::entities::cancelled_schedule::{ActiveModel, Column, Entity};
use domain::ScheduleId;
use ledger::moment::now;
use ledger::{LedgerError, Transaction};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::BTreeSet;

/// Those of the schedules that are remembered.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn among(
    connection: &impl ConnectionTrait,
    schedules: &BTreeSet<ScheduleId>,
) -> Result<Vec<ScheduleId>, LedgerError> {
    let ids: Vec<_> = schedules.iter().map(|id| id.get()).collect();
    let mut found = Vec::new();
    for part in ids.chunks(NAMED_MAX) {
        let rows = Entity::find().filter(Column::ScheduleId.is_in(part.iter().copied())).all(connection).await?;
        found.extend(rows.into_iter().map(|row| ScheduleId(row.schedule_id)));
    }
    Ok(found)
}

/// Remembers schedules; again is nothing.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn remember(change: &Transaction, schedules: &[ScheduleId]) -> Result<(), LedgerError> {
    for part in schedules.chunks(NAMED_MAX) {
        let row = |id: &ScheduleId| ActiveModel { schedule_id: Set(id.get()), created_at: Set(now()) };
        let once = OnConflict::column(Column::ScheduleId).do_nothing_on([Column::ScheduleId]).to_owned();
        Entity::insert_many(part.iter().map(row)).on_conflict(once).exec_without_returning(change.connection()).await?;
    }
    Ok(())
}
