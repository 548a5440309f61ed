//! Rows that a change decides on: locked in the order of ids, so that two changes seldom wait for each other in a circle; where
//! they do, the database undoes one, and it is decided again.

use super::NAMED_MAX;
use super::entities::{reservation, reservation_seat};
use super::record::joined;
use domain::reservation::{LiveSeat, Reservation, ReservationStatus};
use domain::{AccountId, ReservationId, ScheduleId, SeatId, Timestamp};
use ledger::moment::read;
use ledger::{LedgerError, StoredId, Transaction};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The seats of reservations.
pub(super) async fn seats_of(
    connection: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<Vec<reservation_seat::Model>, LedgerError> {
    let mut seats = Vec::new();
    for part in ids.chunks(NAMED_MAX) {
        let named = reservation_seat::Column::ReservationId.is_in(part.iter().copied());
        seats.extend(reservation_seat::Entity::find().filter(named).all(connection).await?);
    }
    Ok(seats)
}

/// Reservations from rows, with their seats.
pub(super) async fn with_seats(
    connection: &impl ConnectionTrait,
    rows: Vec<reservation::Model>,
) -> Result<Vec<Reservation>, LedgerError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.0).collect();
    let seats = seats_of(connection, &ids).await?;
    joined(rows, seats)
}

/// Those of the reservations that exist, locked until the change ends.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn locked(
    change: &Transaction,
    ids: &BTreeSet<ReservationId>,
) -> Result<Vec<Reservation>, LedgerError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.get()).collect();
    let mut rows = Vec::new();
    for part in ids.chunks(NAMED_MAX) {
        let named = reservation::Entity::find().filter(reservation::Column::Id.is_in(part.iter().copied()));
        let named = named.order_by_asc(reservation::Column::Id).lock_exclusive();
        rows.extend(named.all(change.connection()).await?);
    }
    with_seats(change.connection(), rows).await
}

/// Reservations that fit, at most so many, locked; those that another change has locked are passed over: they are being decided
/// on.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn free(
    change: &Transaction,
    fitting: Condition,
    order: reservation::Column,
    most: u64,
) -> Result<Vec<Reservation>, LedgerError> {
    let rows = reservation::Entity::find()
        .filter(fitting)
        .order_by_asc(order)
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(change.connection())
        .await?;
    with_seats(change.connection(), rows).await
}

/// What is wanted beside the reservations themselves.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Seats that somebody wants.
    pub seats: BTreeSet<(ScheduleId, SeatId)>,
    /// People whose seats are counted.
    pub people: BTreeSet<(ScheduleId, AccountId)>,
}

impl Wanted {
    pub(crate) fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.people.is_empty()
    }
}

/// Live seats that stand in the way.
#[derive(Debug, Default)]
pub(crate) struct InTheWay {
    /// Of reservations that stand.
    pub live: Vec<LiveSeat>,
    /// Reservations whose time is over: to be locked and ended (hole 17).
    pub over: BTreeSet<ReservationId>,
}

/// Reads the live seats among these, and all live seats of these people.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn in_the_way(change: &Transaction, wanted: &Wanted, now: Timestamp) -> Result<InTheWay, LedgerError> {
    use reservation_seat::Column;
    let connection = change.connection();
    let mut found: HashMap<(StoredId, StoredId), reservation_seat::Model> = HashMap::new();
    let seats: Vec<(Uuid, Uuid)> = wanted.seats.iter().map(|(schedule, seat)| (schedule.get(), seat.get())).collect();
    let people: Vec<(Uuid, Uuid)> = wanted.people.iter().map(|(schedule, user)| (schedule.get(), user.get())).collect();
    for (column, pairs) in [(Column::SeatId, seats), (Column::UserId, people)] {
        for part in pairs.chunks(NAMED_MAX) {
            let both = Expr::tuple([Expr::col(Column::ScheduleId), Expr::col(column)]);
            let live = reservation_seat::Entity::find()
                .filter(both.in_tuples(part.iter().copied()))
                .filter(Column::Live.eq(1));
            for row in live.all(connection).await? {
                found.insert((row.reservation_id, row.seat_id), row);
            }
        }
    }
    sort(connection, found.into_values().collect(), now).await
}

async fn sort(
    connection: &impl ConnectionTrait,
    rows: Vec<reservation_seat::Model>,
    now: Timestamp,
) -> Result<InTheWay, LedgerError> {
    use reservation::Column;
    let ids: BTreeSet<StoredId> = rows.iter().map(|row| row.reservation_id).collect();
    let ids: Vec<StoredId> = ids.into_iter().collect();
    let mut of: HashMap<StoredId, reservation::Model> = HashMap::new();
    for part in ids.chunks(NAMED_MAX) {
        let named = reservation::Entity::find().filter(Column::Id.is_in(part.iter().copied()));
        of.extend(named.all(connection).await?.into_iter().map(|row| (row.id, row)));
    }
    let mut sorted = InTheWay::default();
    for row in rows {
        // A row that has gone since is in nobody's way; the unique keys know better if it is.
        let Some(reservation) = of.get(&row.reservation_id) else { continue };
        let is_pending = reservation.status == ReservationStatus::Pending.as_str();
        if is_pending && reservation.secured_at.is_none() && read(reservation.hold_expires_at) <= now {
            sorted.over.insert(ReservationId(row.reservation_id.0));
            continue;
        }
        sorted.live.push(LiveSeat {
            schedule: ScheduleId(row.schedule_id.0),
            seat: SeatId(row.seat_id.0),
            user: AccountId(row.user_id.0),
            slot: u8::try_from(row.slot).map_err(|_| LedgerError::damaged("a seat's slot"))?,
            reservation: ReservationId(row.reservation_id.0),
            is_sold: !is_pending,
        });
    }
    Ok(sorted)
}
