//! Changes of a hold. What concerns other reservations is decided by the book: who has the seats, and how many are one person's.

use super::change::{Next, Scene};
use super::model::{Reservation, ReservedSeat};
use super::request::SeatWish;
use super::status::{Refusal, ReservationStatus};
use crate::id::AccountId;
use crate::time::Timestamp;

/// Whether a hold may be changed by its person: swap and extension ask the same, in this order (amendment 20). Under a firm
/// claim nothing changes (hole 16: the price that is paid is the price of what is held).
fn check(of: &Reservation, user: AccountId, scene: Scene) -> Result<(), Refusal> {
    if of.user != user {
        return Err(Refusal::NotOwner);
    }
    if of.is_expired(scene.now) {
        return Err(Refusal::HoldExpired);
    }
    match of.status {
        ReservationStatus::Cancelled => return Err(Refusal::AlreadyCancelled),
        ReservationStatus::Confirmed => return Err(Refusal::NotModifiable),
        ReservationStatus::Pending => {}
    }
    if of.firm_claim().is_some() {
        return Err(Refusal::InProgress);
    }
    // Hole 6: from the commit that remembers the schedule on nothing of it is sold.
    if scene.is_cancelled { Err(Refusal::EventCancelled) } else { Ok(()) }
}

/// The seats as they are reserved, with slots that are free: the lowest first.
pub(super) fn reserved(wishes: &[SeatWish], mut slots: impl Iterator<Item = u8>) -> Option<Vec<ReservedSeat>> {
    let seat = |wish: &SeatWish| {
        let SeatWish { seat, number, grade, price } = wish.clone();
        Some(ReservedSeat { seat, number, grade, price, slot: slots.next()?, is_live: true })
    };
    let mut seats = wishes.iter().map(seat).collect::<Option<Vec<_>>>()?;
    seats.sort_by_key(|seat| seat.seat);
    Some(seats)
}

/// Takes other seats (RSV-002): the hold keeps its end, and gets the number `hold_no`. `seats` are free or its own, and their
/// slots are free or its own.
///
/// # Errors
/// [`Refusal`].
pub fn swap(
    of: &Reservation,
    user: AccountId,
    seats: impl FnOnce() -> Result<(Vec<ReservedSeat>, i64), Refusal>,
    scene: Scene,
) -> Result<Next, Refusal> {
    check(of, user, scene)?;
    let (seats, hold_no) = seats()?;
    let total_amount = seats.iter().map(|seat| seat.price).sum();
    let after = Reservation { seats, hold_no, total_amount, ..of.clone() };
    Ok(Next::of(after, scene.now))
}

/// Lets a hold live `by_ms` longer, once a reservation for ever: a swap gives no second one (amendment 20). The number of the
/// hold stays.
///
/// # Errors
/// [`Refusal`].
pub fn extend(of: &Reservation, user: AccountId, by_ms: i64, scene: Scene) -> Result<Next, Refusal> {
    check(of, user, scene)?;
    if of.extended_at.is_some() {
        return Err(Refusal::AlreadyExtended { hold_expires_at: of.hold_expires_at });
    }
    let hold_expires_at = Timestamp(of.hold_expires_at.millis().saturating_add(by_ms));
    let after = Reservation { hold_expires_at, extended_at: Some(scene.now), ..of.clone() };
    Ok(Next::of(after, scene.now))
}
