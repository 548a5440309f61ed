//! What the tables say of some seats and people, read without a change.

use crate::rows::entities::{reservation, reservation_seat};
use domain::reservation::ReservationStatus;
use domain::{ReservationId, ScheduleId, SeatId, Timestamp};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, StoredId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashSet;

/// Whose a seat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeatOwner {
    pub seat: SeatId,
    pub reservation: ReservationId,
    /// Whether the reservation is paid.
    pub is_sold: bool,
}

/// The owners of these seats, as far as they have one.
///
/// # Errors
/// [`LedgerError`].
pub(super) async fn owners(
    ledger: &Ledger,
    schedule: ScheduleId,
    seats: &[SeatId],
) -> Result<Vec<SeatOwner>, LedgerError> {
    let live: Vec<(StoredId, StoredId)> = reservation_seat::Entity::find()
        .select_only()
        .column(reservation_seat::Column::SeatId)
        .column(reservation_seat::Column::ReservationId)
        .filter(reservation_seat::Column::ScheduleId.eq(schedule.get()))
        .filter(reservation_seat::Column::SeatId.is_in(seats.iter().map(|seat| seat.get())))
        .filter(reservation_seat::Column::Live.eq(1))
        .into_tuple()
        .all(ledger.connection())
        .await?;
    if live.is_empty() {
        return Ok(Vec::new());
    }
    let sold: Vec<StoredId> = reservation::Entity::find()
        .select_only()
        .column(reservation::Column::Id)
        .filter(reservation::Column::Id.is_in(live.iter().map(|(_, of)| *of)))
        .filter(reservation::Column::Status.eq(ReservationStatus::Confirmed.as_str()))
        .into_tuple()
        .all(ledger.connection())
        .await?;
    let owner = |(seat, of): (StoredId, StoredId)| SeatOwner {
        seat: SeatId(seat.0),
        reservation: ReservationId(of.0),
        is_sold: sold.contains(&of),
    };
    Ok(live.into_iter().map(owner).collect())
}

/// How many people have a reservation of the schedule, held or paid, that was made at `since` or later.
///
/// # Errors
/// [`LedgerError`].
pub(super) async fn holders(ledger: &Ledger, schedule: ScheduleId, since: Timestamp) -> Result<u64, LedgerError> {
    let live = [ReservationStatus::Pending.as_str(), ReservationStatus::Confirmed.as_str()];
    let people: Vec<StoredId> = reservation::Entity::find()
        .select_only()
        .column(reservation::Column::UserId)
        .filter(reservation::Column::ScheduleId.eq(schedule.get()))
        .filter(reservation::Column::Status.is_in(live))
        .filter(reservation::Column::CreatedAt.gte(stored(since)))
        .into_tuple()
        .all(ledger.connection())
        .await?;
    Ok(people.into_iter().collect::<HashSet<_>>().len() as u64)
}
