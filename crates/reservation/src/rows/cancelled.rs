//! Schedules that are remembered as cancelled (hole 6), with the message that told it.

use super::NAMED_MAX;
use super::entities::cancelled_schedule::{ActiveModel, Column, Entity, Model};
use crate::schema::TRACE_LENGTH;
use crate::steps::Cause;
use domain::ScheduleId;
use ledger::moment::now;
use ledger::{LedgerError, Transaction};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeMap, BTreeSet};

/// Those of the schedules that are remembered, each with what the ends of its reservations follow from.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn among(
    connection: &impl ConnectionTrait,
    schedules: &BTreeSet<ScheduleId>,
) -> Result<BTreeMap<ScheduleId, Cause>, LedgerError> {
    let ids: Vec<_> = schedules.iter().map(|id| id.get()).collect();
    let mut found = BTreeMap::new();
    for part in ids.chunks(NAMED_MAX) {
        let rows = Entity::find().filter(Column::ScheduleId.is_in(part.iter().copied())).all(connection).await?;
        found.extend(rows.into_iter().map(from_row));
    }
    Ok(found)
}

fn from_row(row: Model) -> (ScheduleId, Cause) {
    let Model { schedule_id, correlation_id, causation_id, .. } = row;
    (ScheduleId(schedule_id.0), Cause { correlation_id, causation_id: causation_id.map(Into::into) })
}

/// Remembers schedules; again is nothing, and of several messages the first stays the cause.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn remember(change: &Transaction, schedules: &BTreeMap<ScheduleId, Cause>) -> Result<(), LedgerError> {
    let all: Vec<(&ScheduleId, &Cause)> = schedules.iter().collect();
    for part in all.chunks(NAMED_MAX) {
        let row = |(id, cause): &(&ScheduleId, &Cause)| ActiveModel {
            schedule_id: Set(id.get().into()),
            correlation_id: Set(correlation(cause)),
            causation_id: Set(cause.causation_id.map(Into::into)),
            created_at: Set(now()),
        };
        let once = OnConflict::column(Column::ScheduleId).do_nothing_on([Column::ScheduleId]).to_owned();
        Entity::insert_many(part.iter().map(row)).on_conflict(once).exec_without_returning(change.connection()).await?;
    }
    // One that the catalog was asked about was remembered without a cause.
    for (id, cause) in all.into_iter().filter(|(_, cause)| cause.causation_id.is_some()) {
        Entity::update_many()
            .col_expr(Column::CorrelationId, Expr::value(correlation(cause)))
            .col_expr(Column::CausationId, Expr::value(cause.causation_id))
            .filter(Column::ScheduleId.eq(id.get()))
            .filter(Column::CausationId.is_null())
            .exec(change.connection())
            .await?;
    }
    Ok(())
}

/// A longer one is none of ours: it may break a chain, and keeps no event from being cancelled.
fn correlation(cause: &Cause) -> Option<String> {
    cause.correlation_id.clone().filter(|id| id.len() <= TRACE_LENGTH as usize)
}
