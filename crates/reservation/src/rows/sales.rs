//! Held seats counted, for operators.

use super::entities::{reservation, reservation_seat};
use domain::ScheduleId;
use domain::reservation::ReservationStatus;
use ledger::{Ledger, LedgerError, StoredId};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

/// Seats of one grade of a schedule that people hold and have not paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The grade.
    pub grade: String,
    /// How many.
    pub count: i64,
}

/// Seats of these schedules in reservations that wait for their payment.
///
/// # Errors
/// [`LedgerError`].
pub async fn held(ledger: &Ledger, schedules: &[ScheduleId]) -> Result<Vec<Held>, LedgerError> {
    use reservation_seat::{Column, Entity};
    let ids = || schedules.iter().map(|id| id.get());
    let pending = Query::select()
        .column(reservation::Column::Id)
        .from(reservation::Entity)
        .and_where(Expr::col(reservation::Column::ScheduleId).is_in(ids()))
        .and_where(Expr::col(reservation::Column::Status).eq(ReservationStatus::Pending.as_str()))
        .take();
    let rows: Vec<(StoredId, String, i64)> = Entity::find()
        .select_only()
        .column(Column::ScheduleId)
        .column(Column::Grade)
        .column_as(Expr::col(Column::SeatId).count(), "count")
        .filter(Column::ScheduleId.is_in(ids()))
        .filter(Column::Live.eq(1))
        .filter(Column::ReservationId.in_subquery(pending))
        .group_by(Column::ScheduleId)
        .group_by(Column::Grade)
        .into_tuple()
        .all(ledger.connection())
        .await?;
    Ok(rows
        .into_iter()
        .map(|(schedule, grade, count)| Held { schedule: ScheduleId(schedule.0), grade, count })
        .collect())
}
