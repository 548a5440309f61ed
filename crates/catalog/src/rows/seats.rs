//! The seats of schedules (table `seats`). A blocked seat has no row: it is never sold, and nobody finds it.

use super::entities::seat::{Column, Entity};
use crate::model::Schedule;
use domain::catalog::plan::PlanSeat;
use domain::catalog::{Grade, Prices, SeatPlan, SeatStatus};
use domain::{ScheduleId, SeatId};
use ledger::moment::now;
use ledger::{LedgerError, StoredId, Transaction};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Seats of one statement: six values each, far below the databases' limits on parameters (some 32,000 and more).
const INSERTED_AT_ONCE: usize = 1_000;

/// Makes the seats of a schedule, many with each statement.
///
/// # Errors
/// [`LedgerError`].
pub async fn make(
    change: &Transaction,
    schedule: &Schedule,
    plan: &SeatPlan,
    prices: &Prices,
) -> Result<(), LedgerError> {
    let at = now();
    let seats: Vec<PlanSeat<'_>> = plan.iter().filter(|seat| !seat.is_blocked).collect();
    for part in seats.chunks(INSERTED_AT_ONCE) {
        let mut insert = Query::insert();
        insert.into_table(Entity).columns([
            Column::Id,
            Column::EventScheduleId,
            Column::SeatNumber,
            Column::Grade,
            Column::Price,
            Column::CreatedAt,
        ]);
        for seat in part {
            let price = prices.of(seat.grade).ok_or_else(|| LedgerError::damaged("a price"))?;
            insert.values_panic([
                schedule.prefix.seat(seat.index).get().into(),
                schedule.id.get().into(),
                seat.to_string().into(),
                seat.grade.as_str().into(),
                price.into(),
                at.into(),
            ]);
        }
        change.connection().execute(&insert).await?;
    }
    Ok(())
}

/// Removes the seats of these schedules: another hall has others.
///
/// # Errors
/// [`LedgerError`].
pub async fn remove(change: &Transaction, schedules: &[ScheduleId]) -> Result<(), LedgerError> {
    let of_schedules = Column::EventScheduleId.is_in(schedules.iter().map(|id| id.get()));
    Entity::delete_many().filter(of_schedules).exec(change.connection()).await?;
    Ok(())
}

/// Stores the price of a grade with each seat of these schedules.
///
/// # Errors
/// [`LedgerError`].
pub async fn set_price(
    change: &Transaction,
    schedules: &[ScheduleId],
    grade: Grade,
    price: i64,
) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::Price, Expr::value(price))
        .col_expr(Column::UpdatedAt, Expr::value(now()))
        .filter(Column::EventScheduleId.is_in(schedules.iter().map(|id| id.get())))
        .filter(Column::Grade.eq(grade.as_str()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// The sold seats of a schedule, in their order.
///
/// # Errors
/// [`LedgerError`].
pub async fn sold<C: ConnectionTrait>(connection: &C, schedule: ScheduleId) -> Result<Vec<SeatId>, LedgerError> {
    let ids: Vec<StoredId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::EventScheduleId.eq(schedule.get()))
        .filter(Column::Status.eq(SeatStatus::Sold.as_str()))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().map(|StoredId(id)| SeatId(id)).collect())
}
