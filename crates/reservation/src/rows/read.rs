//! What is read of reservations without a change.

use super::counter::{self, TimeSource, moment};
use super::entities::{reservation, reservation_seat};
use super::lock::with_seats;
use super::{NAMED_MAX, rows_before};
use crate::model::{SoldSeat, SoldSeats, Standing};
use domain::reservation::{Reservation, ReservationStatus};
use domain::ticket::TicketNumber;
use domain::{AccountId, PaymentKey, ReservationId, ScheduleId, SeatId};
use ledger::{Ledger, LedgerError, StoredId};
use reservation::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, HashMap};

/// A reservation.
///
/// # Errors
/// [`LedgerError`].
pub async fn one(ledger: &Ledger, id: ReservationId) -> Result<Option<Reservation>, LedgerError> {
    let row = Entity::find_by_id(id.get()).one(ledger.connection()).await?;
    Ok(with_seats(ledger.connection(), row.into_iter().collect()).await?.pop())
}

/// The reservation that a payment of this name at the provider stands on (hole 9).
///
/// # Errors
/// [`LedgerError`].
pub async fn of_payment_key(
    ledger: &Ledger,
    key: PaymentKey,
    source: TimeSource,
) -> Result<Option<Standing>, LedgerError> {
    let row = Entity::find().filter(Column::PaymentKey.eq(key.get())).one(ledger.connection()).await?;
    let found = with_seats(ledger.connection(), row.into_iter().collect()).await?.pop();
    let Some(reservation) = found else { return Ok(None) };
    let now = moment(ledger.connection(), source).await?.now;
    Ok(Some(Standing { reservation, now }))
}

/// The reservation that has this number of a hold now.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn id_of_hold_no(ledger: &Ledger, hold_no: i64) -> Result<Option<ReservationId>, LedgerError> {
    let id = Entity::find().select_only().column(Column::Id).filter(Column::HoldNo.eq(hold_no));
    Ok(id.into_tuple::<StoredId>().one(ledger.connection()).await?.map(|StoredId(id)| ReservationId(id)))
}

/// A reservation and the deciding clock: the row is read first, so what has not run out by it had not.
///
/// # Errors
/// [`LedgerError`].
pub async fn standing(ledger: &Ledger, id: ReservationId, source: TimeSource) -> Result<Option<Standing>, LedgerError> {
    let Some(reservation) = one(ledger, id).await? else { return Ok(None) };
    let now = moment(ledger.connection(), source).await?.now;
    Ok(Some(Standing { reservation, now }))
}

/// A page of a person's reservations, newest first, and the number of all.
///
/// # Errors
/// [`LedgerError`].
pub async fn page_of(
    ledger: &Ledger,
    user: AccountId,
    page: u64,
    size: u64,
) -> Result<(Vec<Reservation>, u64), LedgerError> {
    let own = Entity::find().filter(Column::UserId.eq(user.get()));
    let total = own.clone().count(ledger.connection()).await?;
    let rows = own
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::HoldNo)
        .offset(rows_before(page, size))
        .limit(size)
        .all(ledger.connection())
        .await?;
    Ok((with_seats(ledger.connection(), rows).await?, total))
}

/// The reservation with this ticket, cancelled ones included.
///
/// # Errors
/// [`LedgerError`].
pub async fn by_ticket(ledger: &Ledger, number: TicketNumber) -> Result<Option<Reservation>, LedgerError> {
    let row = Entity::find().filter(Column::TicketNumber.eq(number.as_str())).one(ledger.connection()).await?;
    Ok(with_seats(ledger.connection(), row.into_iter().collect()).await?.pop())
}

/// Reservations of a schedule that have or had a ticket, in the order of their ids, after `after`, at most `most`: for lists of
/// doors.
///
/// # Errors
/// [`LedgerError`].
pub async fn tickets(
    ledger: &Ledger,
    schedule: ScheduleId,
    after: Option<ReservationId>,
    most: u64,
) -> Result<Vec<Reservation>, LedgerError> {
    let mut all = Entity::find()
        .filter(Column::ScheduleId.eq(schedule.get()))
        .filter(Column::Status.ne(ReservationStatus::Pending.as_str()))
        .filter(Column::TicketNumber.is_not_null());
    if let Some(after) = after {
        all = all.filter(Column::Id.gt(after.get()));
    }
    let rows = all.order_by_asc(Column::Id).limit(most).all(ledger.connection()).await?;
    with_seats(ledger.connection(), rows).await
}

/// The live reservations of a person in a schedule, run-out ones that nobody has swept included.
///
/// # Errors
/// [`LedgerError`].
pub async fn live_of(ledger: &Ledger, schedule: ScheduleId, user: AccountId) -> Result<Vec<Reservation>, LedgerError> {
    let live = [ReservationStatus::Pending.as_str(), ReservationStatus::Confirmed.as_str()];
    let rows = Entity::find()
        .filter(Column::ScheduleId.eq(schedule.get()))
        .filter(Column::Status.is_in(live))
        .filter(Column::UserId.eq(user.get()))
        .all(ledger.connection())
        .await?;
    with_seats(ledger.connection(), rows).await
}

/// Those of the reservations that have no live row (hole 17): hot state holds seats for them that are nobody's.
///
/// # Errors
/// [`LedgerError`].
pub async fn rowless(ledger: &Ledger, ids: &[ReservationId]) -> Result<Vec<ReservationId>, LedgerError> {
    let mut live: Vec<StoredId> = Vec::new();
    for part in ids.chunks(NAMED_MAX) {
        let named = reservation_seat::Entity::find()
            .select_only()
            .column(reservation_seat::Column::ReservationId)
            .filter(reservation_seat::Column::ReservationId.is_in(part.iter().map(|id| id.get())))
            .filter(reservation_seat::Column::Live.eq(1))
            .distinct();
        live.extend(named.into_tuple::<StoredId>().all(ledger.connection()).await?);
    }
    Ok(ids.iter().copied().filter(|id| !live.contains(&StoredId(id.get()))).collect())
}

/// The sold seats of a schedule, and the counter as it was before they were read (hole 22).
///
/// # Errors
/// [`LedgerError`].
pub async fn sold(ledger: &Ledger, schedule: ScheduleId) -> Result<SoldSeats, LedgerError> {
    let counter = counter::last(ledger.connection()).await?;
    let confirmed: Vec<(StoredId, i64)> = Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::HoldNo)
        .filter(Column::ScheduleId.eq(schedule.get()))
        .filter(Column::Status.eq(ReservationStatus::Confirmed.as_str()))
        .into_tuple()
        .all(ledger.connection())
        .await?;
    let numbers: HashMap<StoredId, i64> = confirmed.into_iter().collect();
    let live: Vec<(StoredId, StoredId)> = reservation_seat::Entity::find()
        .select_only()
        .column(reservation_seat::Column::SeatId)
        .column(reservation_seat::Column::ReservationId)
        .filter(reservation_seat::Column::ScheduleId.eq(schedule.get()))
        .filter(reservation_seat::Column::Live.eq(1))
        .into_tuple()
        .all(ledger.connection())
        .await?;
    let seats: BTreeMap<SeatId, SoldSeat> = live
        .into_iter()
        .filter_map(|(seat, of)| {
            let (seat, reservation, hold_no) = (SeatId(seat.0), ReservationId(of.0), *numbers.get(&of)?);
            Some((seat, SoldSeat { seat, reservation, hold_no }))
        })
        .collect();
    Ok(SoldSeats { counter, seats: seats.into_values().collect() })
}

/// How many seats of a schedule have a live row.
///
/// # Errors
/// [`LedgerError`].
pub async fn count_live(ledger: &Ledger, schedule: ScheduleId) -> Result<u64, LedgerError> {
    let live = reservation_seat::Entity::find()
        .filter(reservation_seat::Column::ScheduleId.eq(schedule.get()))
        .filter(reservation_seat::Column::Live.eq(1));
    Ok(live.count(ledger.connection()).await?)
}

/// The seats of a schedule that have a live row, in the order of their ids.
///
/// # Errors
/// [`LedgerError`].
pub async fn live_seats(ledger: &Ledger, schedule: ScheduleId) -> Result<Vec<SeatId>, LedgerError> {
    let live: Vec<StoredId> = reservation_seat::Entity::find()
        .select_only()
        .column(reservation_seat::Column::SeatId)
        .filter(reservation_seat::Column::ScheduleId.eq(schedule.get()))
        .filter(reservation_seat::Column::Live.eq(1))
        .order_by_asc(reservation_seat::Column::SeatId)
        .into_tuple()
        .all(ledger.connection())
        .await?;
    Ok(live.into_iter().map(|StoredId(id)| SeatId(id)).collect())
}

/// The number of a hold that was drawn last.
///
/// # Errors
/// [`LedgerError`].
pub async fn hold_no(ledger: &Ledger) -> Result<i64, LedgerError> {
    counter::last(ledger.connection()).await
}
