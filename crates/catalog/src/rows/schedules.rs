//! Schedules (table `event_schedules`).

use super::entities::schedule::{ActiveModel, Column, Entity, Model};
use super::entities::{event, schedule};
use super::{count, number};
use crate::model::Schedule;
use domain::catalog::{ScheduleTimes, SeatPrefix};
use domain::{EventId, ScheduleId, Timestamp};
use ledger::moment::{now, read, stored};
use ledger::{Ledger, LedgerError, StoredId, Transaction};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::str::FromStr;

/// Most schedules named in one answer: the latest, since what is done once a schedule has ended is done for the older ones already.
const ENDED_MAX: u64 = 10_000;

const UPCOMING: &str = "UPCOMING";
const CANCELLED: &str = "CANCELLED";

/// Stores new schedules; their seats follow.
///
/// # Errors
/// [`LedgerError`].
pub async fn insert(change: &Transaction, schedules: &[Schedule]) -> Result<(), LedgerError> {
    let rows = schedules.iter().map(to_row).collect::<Result<Vec<_>, _>>()?;
    Entity::insert_many(rows).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Stores another plan, prefix and number of seats: the hall is another.
///
/// # Errors
/// [`LedgerError`].
pub async fn replace_seats(change: &Transaction, schedule: &Schedule) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::SeatPlanId, Expr::value(schedule.plan))
        .col_expr(Column::SeatPrefix, Expr::value(schedule.prefix.to_string()))
        .col_expr(Column::Seats, Expr::value(number(schedule.seats)?))
        .col_expr(Column::Sold, Expr::value(0))
        .col_expr(Column::UpdatedAt, Expr::value(now()))
        .filter(Column::Id.eq(schedule.id.get()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Marks these as cancelled.
///
/// # Errors
/// [`LedgerError`].
pub async fn cancel(change: &Transaction, ids: &[ScheduleId]) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(CANCELLED))
        .col_expr(Column::UpdatedAt, Expr::value(now()))
        .filter(Column::Id.is_in(ids.iter().map(|id| id.get())))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// The schedules of an event, the first performance first.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_event<C: ConnectionTrait>(connection: &C, event: EventId) -> Result<Vec<Schedule>, LedgerError> {
    let rows = Entity::find().filter(Column::EventId.eq(event.get())).order_by_asc(Column::PlaySequence);
    rows.all(connection).await?.into_iter().map(from_row).collect()
}

/// As [`of_event`], locked until the change ends: no message changes their seats meanwhile.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_event_locked(change: &Transaction, event: EventId) -> Result<Vec<Schedule>, LedgerError> {
    let rows = Entity::find().filter(Column::EventId.eq(event.get())).order_by_asc(Column::Id).lock_exclusive();
    let mut found: Vec<Schedule> =
        rows.all(change.connection()).await?.into_iter().map(from_row).collect::<Result<_, _>>()?;
    found.sort_by_key(|schedule| schedule.times.sequence);
    Ok(found)
}

/// A schedule, whatever its event is.
///
/// # Errors
/// [`LedgerError`].
pub async fn get<C: ConnectionTrait>(connection: &C, id: ScheduleId) -> Result<Option<Schedule>, LedgerError> {
    Entity::find().filter(Column::Id.eq(id.get())).one(connection).await?.map(from_row).transpose()
}

/// Those of these schedules that exist, locked until the change ends, in the order in which all changes lock them.
///
/// # Errors
/// [`LedgerError`].
pub async fn locked(change: &Transaction, ids: &[ScheduleId]) -> Result<Vec<Schedule>, LedgerError> {
    let rows = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.get()))).order_by_asc(Column::Id);
    rows.lock_exclusive().all(change.connection()).await?.into_iter().map(from_row).collect()
}

/// Stores what messages have changed of a schedule that [`locked`] returned.
///
/// # Errors
/// [`LedgerError`].
pub async fn store_counts(change: &Transaction, schedule: &Schedule) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::Sold, Expr::value(number(schedule.sold)?))
        .col_expr(Column::HoldNo, Expr::value(schedule.hold_no))
        .col_expr(Column::UpdatedAt, Expr::value(now()))
        .filter(Column::Id.eq(schedule.id.get()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Schedules whose sale has begun at `now`, and which had not ended at `end`, in the order of their ids.
///
/// # Errors
/// [`LedgerError`].
pub async fn on_sale(ledger: &Ledger, now: Timestamp, end: Timestamp) -> Result<Vec<ScheduleId>, LedgerError> {
    let ids: Vec<StoredId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::SaleStartAt.lte(stored(now)))
        .filter(Column::EventEndAt.gte(stored(end)))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(ledger.connection())
        .await?;
    Ok(ids.into_iter().map(|StoredId(id)| ScheduleId(id)).collect())
}

/// The greatest number of a hold that any schedule has heard of; 0 when none has.
///
/// # Errors
/// [`LedgerError`].
pub async fn greatest_hold_no(ledger: &Ledger) -> Result<i64, LedgerError> {
    let greatest = Entity::find().select_only().column_as(Expr::col(Column::HoldNo).max(), "greatest");
    let greatest: Option<Option<i64>> = greatest.into_tuple().one(ledger.connection()).await?;
    Ok(greatest.flatten().unwrap_or(0))
}

/// Schedules of published events that ended, or would have, before `end`; the latest first, at most 10,000.
///
/// # Errors
/// [`LedgerError`].
pub async fn ended_before(ledger: &Ledger, end: Timestamp) -> Result<Vec<ScheduleId>, LedgerError> {
    let published = Query::select()
        .column(event::Column::Id)
        .from(event::Entity)
        .and_where(Expr::col(event::Column::Status).ne("PREPARING"))
        .and_where(Expr::col(event::Column::DeletedAt).is_null())
        .take();
    let ids: Vec<StoredId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(
            Condition::all()
                .add(Column::EventEndAt.lt(stored(end)))
                .add(Expr::col((schedule::Entity, Column::EventId)).in_subquery(published)),
        )
        .order_by_desc(Column::EventEndAt)
        .limit(ENDED_MAX)
        .into_tuple()
        .all(ledger.connection())
        .await?;
    Ok(ids.into_iter().map(|StoredId(id)| ScheduleId(id)).collect())
}

fn to_row(schedule: &Schedule) -> Result<ActiveModel, LedgerError> {
    // Every field, so that the compiler asks for a new one.
    let Schedule { id, event, times, is_cancelled, plan, prefix, seats, sold, hold_no } = schedule;
    let ScheduleTimes { sequence, event_start_at, event_end_at, sale_start_at, sale_end_at } = *times;
    Ok(ActiveModel {
        id: Set(id.get().into()),
        event_id: Set(event.get().into()),
        play_sequence: Set(number(sequence)?),
        event_start_at: Set(stored(event_start_at)),
        event_end_at: Set(stored(event_end_at)),
        sale_start_at: Set(stored(sale_start_at)),
        sale_end_at: Set(stored(sale_end_at)),
        status: Set(if *is_cancelled { CANCELLED } else { UPCOMING }.to_owned()),
        seat_plan_id: Set((*plan).into()),
        seat_prefix: Set(prefix.to_string()),
        seats: Set(number(*seats)?),
        sold: Set(number(*sold)?),
        hold_no: Set(*hold_no),
        created_at: Set(now()),
        updated_at: Set(now()),
    })
}

fn from_row(row: Model) -> Result<Schedule, LedgerError> {
    Ok(Schedule {
        id: ScheduleId(row.id.0),
        event: EventId(row.event_id.0),
        times: ScheduleTimes {
            sequence: count(row.play_sequence, "a sequence")?,
            event_start_at: read(row.event_start_at),
            event_end_at: read(row.event_end_at),
            sale_start_at: read(row.sale_start_at),
            sale_end_at: read(row.sale_end_at),
        },
        is_cancelled: row.status == CANCELLED,
        plan: row.seat_plan_id.0,
        prefix: SeatPrefix::from_str(&row.seat_prefix).map_err(|_| LedgerError::damaged("a prefix of seats"))?,
        seats: count(row.seats, "a number of seats")?,
        sold: count(row.sold, "a number of seats")?,
        hold_no: row.hold_no,
    })
}
