//! What workers look for.

use super::NAMED_MAX;
use super::entities::{cancelled_schedule, reservation, reservation_seat};
use super::lock::{free, with_seats};
use domain::reservation::{Reservation, ReservationStatus};
use domain::seat::{HoldEnd, SeatHold};
use domain::{AccountId, ReservationId, ScheduleId, SeatId, Timestamp};
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError, StoredId, Transaction};
use reservation::{Column, Entity};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const PENDING: &str = ReservationStatus::Pending.as_str();
const CONFIRMED: &str = ReservationStatus::Confirmed.as_str();

fn is_over(now: Timestamp) -> Condition {
    Condition::all()
        .add(Column::Status.eq(PENDING))
        .add(Column::SecuredAt.is_null())
        .add(Column::HoldExpiresAt.lte(stored(now)))
}

/// Holds whose time is over, the oldest first, locked.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn over(change: &Transaction, now: Timestamp, most: u64) -> Result<Vec<Reservation>, LedgerError> {
    free(change, is_over(now), Column::HoldExpiresAt, most).await
}

/// Live reservations of remembered schedules.
fn is_void() -> Condition {
    let remembered =
        Query::select().column(cancelled_schedule::Column::ScheduleId).from(cancelled_schedule::Entity).take();
    Condition::all().add(Column::Status.is_in([PENDING, CONFIRMED])).add(Column::ScheduleId.in_subquery(remembered))
}

/// These in the order of their ids, locked (hole 6).
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn void(change: &Transaction, most: u64) -> Result<Vec<Reservation>, LedgerError> {
    free(change, is_void(), Column::Id, most).await
}

/// Whether a reservation of a remembered schedule lives. Nothing is locked.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn is_anything_void(connection: &impl ConnectionTrait) -> Result<bool, LedgerError> {
    is_any(connection, is_void()).await
}

/// Whether a hold has run out. Nothing is locked.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn is_anything_over(connection: &impl ConnectionTrait, now: Timestamp) -> Result<bool, LedgerError> {
    is_any(connection, is_over(now)).await
}

async fn is_any(connection: &impl ConnectionTrait, fitting: Condition) -> Result<bool, LedgerError> {
    let one = Entity::find().select_only().column(Column::Id).filter(fitting).limit(1);
    Ok(one.into_tuple::<StoredId>().one(connection).await?.is_some())
}

/// Reservations about which payment is asked now, at most so many; the others wait until `next`. Of several instances one gets
/// each (hole 5).
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn to_ask(
    change: &Transaction,
    now: Timestamp,
    next: Timestamp,
    most: u64,
) -> Result<Vec<Reservation>, LedgerError> {
    let due = free(change, Condition::all().add(Column::AskAt.lte(stored(now))), Column::AskAt, most).await?;
    let ids: Vec<Uuid> = due.iter().map(|one| one.id.get()).collect();
    for part in ids.chunks(NAMED_MAX) {
        Entity::update_many()
            .col_expr(Column::AskAt, Expr::value(stored(next)))
            .filter(Column::Id.is_in(part.iter().copied()))
            .exec(change.connection())
            .await?;
    }
    Ok(due)
}

/// How many reservations are asked about, and were secured or ended before `since`: payment owes an answer for long.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn asked_since(ledger: &Ledger, since: Timestamp) -> Result<u64, LedgerError> {
    let since = stored(since);
    let is_old = Condition::any()
        .add(Column::SecuredAt.lte(since))
        .add(Condition::all().add(Column::SecuredAt.is_null()).add(Column::CancelledAt.lte(since)));
    Ok(Entity::find().filter(Column::AskAt.is_not_null()).filter(is_old).count(ledger.connection()).await?)
}

/// Lets payment be asked about every reservation that stands with a payment: nobody knows how old the copy was (hole 7).
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn ask_about_live(ledger: &Ledger, now: Timestamp) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::AskAt, Expr::value(stored(now)))
        .filter(Column::Status.is_in([PENDING, CONFIRMED]))
        .filter(Column::PaymentId.is_not_null())
        .exec(ledger.connection())
        .await?;
    Ok(())
}

/// Tickets whose seats the catalog has not shown as sold yet, by schedule.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn not_shown_sold(
    ledger: &Ledger,
    most: u64,
) -> Result<BTreeMap<ScheduleId, Vec<Reservation>>, LedgerError> {
    let rows = Entity::find()
        .filter(Column::Status.eq(CONFIRMED))
        .filter(Column::SoldShownAt.is_null())
        .order_by_asc(Column::ConfirmedAt)
        .limit(most)
        .all(ledger.connection())
        .await?;
    let mut of: BTreeMap<ScheduleId, Vec<Reservation>> = BTreeMap::new();
    for one in with_seats(ledger.connection(), rows).await? {
        of.entry(one.schedule).or_default().push(one);
    }
    Ok(of)
}

/// Notes that the catalog shows the seats of these as sold.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn shown_sold(ledger: &Ledger, ids: &[ReservationId], now: Timestamp) -> Result<(), LedgerError> {
    let note = async |change: Transaction| {
        for part in ids.chunks(NAMED_MAX) {
            Entity::update_many()
                .col_expr(Column::SoldShownAt, Expr::value(stored(now)))
                .filter(Column::Id.is_in(part.iter().map(|id| id.get())))
                .exec(change.connection())
                .await?;
        }
        change.commit().await
    };
    ledger.change(note).await
}

/// Schedules that have seats in hot state by their rows: held ones, and paid ones that the catalog does not show as sold.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn schedules_with_holds(ledger: &Ledger) -> Result<Vec<ScheduleId>, LedgerError> {
    let unsold = Condition::all().add(Column::Status.eq(CONFIRMED)).add(Column::SoldShownAt.is_null());
    let with_holds = Condition::any().add(Column::Status.eq(PENDING)).add(unsold);
    let found = Entity::find().select_only().column(Column::ScheduleId).filter(with_holds).distinct();
    let found: Vec<StoredId> = found.into_tuple().all(ledger.connection()).await?;
    Ok(found.into_iter().map(|StoredId(id)| ScheduleId(id)).collect())
}

/// Schedules with live reservations in the order of their ids, after `after`.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn live_schedules(
    ledger: &Ledger,
    after: Option<ScheduleId>,
    most: u64,
) -> Result<Vec<ScheduleId>, LedgerError> {
    let live = Condition::all()
        .add(Column::Status.is_in([PENDING, CONFIRMED]))
        .add_option(after.map(|after| Column::ScheduleId.gt(after.get())));
    let found = Entity::find().select_only().column(Column::ScheduleId).filter(live).distinct();
    let found = found.order_by_asc(Column::ScheduleId).limit(most);
    let found: Vec<StoredId> = found.into_tuple().all(ledger.connection()).await?;
    Ok(found.into_iter().map(|StoredId(id)| ScheduleId(id)).collect())
}

/// What hot state should hold of a schedule (hole 17): the seats of holds that run, of those that are kept, and of tickets whose
/// seats the catalog does not show as sold yet. A hold whose time is over is nobody's.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn holds_of(
    ledger: &Ledger,
    schedule: ScheduleId,
    now: Timestamp,
) -> Result<Vec<(SeatId, SeatHold)>, LedgerError> {
    let unsold = Condition::all().add(Column::Status.eq(CONFIRMED)).add(Column::SoldShownAt.is_null());
    let with_holds = Condition::all()
        .add(Column::ScheduleId.eq(schedule.get()))
        .add(Condition::any().add(Column::Status.eq(PENDING)).add(unsold));
    let ends: HashMap<StoredId, HoldEnd> = Entity::find()
        .filter(with_holds.clone())
        .all(ledger.connection())
        .await?
        .into_iter()
        .map(|row| {
            let is_kept = row.status == CONFIRMED || row.secured_at.is_some();
            (row.id, if is_kept { HoldEnd::Kept } else { HoldEnd::At(read(row.hold_expires_at)) })
        })
        .filter(|(_, end)| !end.is_over(now))
        .collect();
    if ends.is_empty() {
        return Ok(Vec::new());
    }
    // Of a schedule that is nearly sold out most seats are no holds: they are not read.
    let holding = Query::select().column(Column::Id).from(Entity).cond_where(with_holds).take();
    let live = reservation_seat::Entity::find()
        .filter(reservation_seat::Column::ScheduleId.eq(schedule.get()))
        .filter(reservation_seat::Column::Live.eq(1))
        .filter(reservation_seat::Column::ReservationId.in_subquery(holding))
        .order_by_asc(reservation_seat::Column::SeatId)
        .all(ledger.connection())
        .await?;
    let hold = |row: reservation_seat::Model| {
        let end = *ends.get(&row.reservation_id)?;
        let (reservation, user) = (ReservationId(row.reservation_id.0), AccountId(row.user_id.0));
        Some((SeatId(row.seat_id.0), SeatHold { reservation, user, end }))
    };
    Ok(live.into_iter().filter_map(hold).collect())
}
