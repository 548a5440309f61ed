//! Writes what steps have changed. Seats that are given up go first, then those that are taken, then the reservations: the
//! database's unique keys see each state that the book has seen as the last of its kind.

use super::NAMED_MAX;
use super::bulk;
use super::entities::{reservation, reservation_seat};
use super::record::{CHANGED, to_row, to_seat_row, values};
use domain::SeatId;
use domain::reservation::{Reservation, ReservedSeat};
use ledger::{LedgerError, Transaction};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, SqlErr, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Most rows of one insert.
const INSERTED_MAX: usize = 200;

/// A reservation before and after a change. Without a before it is new.
#[derive(Debug)]
pub(crate) struct Altered<'a> {
    pub before: Option<&'a Reservation>,
    pub after: &'a Reservation,
}

impl Altered<'_> {
    fn seat_before(&self, seat: SeatId) -> Option<&ReservedSeat> {
        self.before?.seats.iter().find(|known| known.seat == seat)
    }

    /// Seats that it has and had not.
    fn new_seats(&self) -> impl Iterator<Item = &ReservedSeat> {
        self.after.seats.iter().filter(|seat| self.seat_before(seat.seat).is_none())
    }

    /// Seats whose row changes, those that are given up last.
    fn changed_seats(&self) -> impl Iterator<Item = &ReservedSeat> {
        self.after.seats.iter().filter(|seat| self.seat_before(seat.seat).is_some_and(|before| before != *seat))
    }

    /// Seats that it had and has not.
    fn gone_seats(&self) -> impl Iterator<Item = Uuid> {
        let before = self.before.map(|before| before.seats.as_slice()).unwrap_or_default();
        let gone = before.iter().filter(|seat| !self.after.seats.iter().any(|kept| kept.seat == seat.seat));
        gone.map(|seat| seat.seat.get())
    }
}

/// Another change has made live what this one would: it is decided again, and sees that.
fn raced(error: DbErr) -> LedgerError {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => LedgerError::LostRace(error.into()),
        _ => error.into(),
    }
}

/// Writes the seats of changed reservations (RSV-013, hole 11).
///
/// # Errors
/// [`LedgerError::LostRace`] where another change has a seat or a slot.
pub(crate) async fn seats(change: &Transaction, altered: &[Altered<'_>]) -> Result<(), LedgerError> {
    give_up(change, altered).await?;
    update_seats(change, altered).await?;
    let mut new: BTreeMap<(Uuid, Uuid), (&Reservation, &ReservedSeat)> = BTreeMap::new();
    for one in altered {
        new.extend(one.new_seats().map(|seat| ((one.after.schedule.get(), seat.seat.get()), (one.after, seat))));
    }
    // In the order of seats: of two changes that want some of the same the first has them all.
    let new: Vec<_> = new.into_values().collect();
    for part in new.chunks(INSERTED_MAX) {
        let rows = part.iter().map(|(of, seat)| to_seat_row(of, seat));
        let insert = reservation_seat::Entity::insert_many(rows);
        insert.exec_without_returning(change.connection()).await.map_err(raced)?;
    }
    Ok(())
}

async fn give_up(change: &Transaction, altered: &[Altered<'_>]) -> Result<(), LedgerError> {
    use reservation_seat::Column;
    for one in altered {
        let gone: Vec<Uuid> = one.gone_seats().collect();
        if !gone.is_empty() {
            let of = Condition::all().add(Column::ReservationId.eq(one.after.id.get())).add(Column::SeatId.is_in(gone));
            reservation_seat::Entity::delete_many().filter(of).exec(change.connection()).await?;
        }
    }
    let is_ended = |one: &&Altered<'_>| {
        let had = one.before.is_some_and(|before| before.seats.iter().any(|seat| seat.is_live));
        had && !one.after.seats.iter().any(|seat| seat.is_live)
    };
    let ended: Vec<Uuid> = altered.iter().filter(is_ended).map(|one| one.after.id.get()).collect();
    for part in ended.chunks(NAMED_MAX) {
        reservation_seat::Entity::update_many()
            .col_expr(Column::Live, Expr::value(None::<i16>))
            .filter(Column::ReservationId.is_in(part.iter().copied()))
            .exec(change.connection())
            .await?;
    }
    Ok(())
}

/// Seats that are taken again, and those that a swap keeps at another price.
async fn update_seats(change: &Transaction, altered: &[Altered<'_>]) -> Result<(), LedgerError> {
    let live = |seat: &ReservedSeat| seat.is_live.then_some(1_i16);
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for one in altered.iter().filter(|one| one.after.seats.iter().any(|seat| seat.is_live)) {
        for seat in one.changed_seats() {
            let keys: [Value; 2] = [one.after.id.get().into(), seat.seat.get().into()];
            let what: [Value; 5] = [
                seat.number.clone().into(),
                seat.grade.as_str().into(),
                seat.price.into(),
                i16::from(seat.slot).into(),
                live(seat).into(),
            ];
            rows.push(keys.into_iter().chain(what).collect());
        }
    }
    let columns = ["seat_number", "grade", "price", "slot", "live"];
    let updated =
        bulk::update(change.connection(), "reservation_seats", &["reservation_id", "seat_id"], &columns, rows).await;
    updated.map_err(|error| match error {
        LedgerError::Conflict(cause) => LedgerError::LostRace(cause),
        other => other,
    })
}

/// Writes the reservations themselves, after their seats and after the counter.
///
/// # Errors
/// [`LedgerError::LostRace`] where another change has made a reservation with the same id; [`LedgerError::Conflict`] where a
/// payment stands on another reservation.
pub(crate) async fn reservations(change: &Transaction, altered: &[Altered<'_>]) -> Result<(), LedgerError> {
    let (new, known): (Vec<&Altered<'_>>, Vec<&Altered<'_>>) = altered.iter().partition(|one| one.before.is_none());
    for part in new.chunks(INSERTED_MAX) {
        let insert = reservation::Entity::insert_many(part.iter().map(|one| to_row(one.after)));
        insert.exec_without_returning(change.connection()).await.map_err(raced)?;
    }
    let rows = known.iter().map(|one| values(one.after)).collect();
    bulk::update(change.connection(), "reservations", &["id"], &CHANGED, rows).await
}
