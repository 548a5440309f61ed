//! The ends of a reservation.

use super::change::{Next, Scene, Told, told};
use super::model::Reservation;
use super::request::Cancellation;
use super::status::{CancelReason, Refusal, ReservationStatus};
use crate::id::AccountId;
use crate::time::Timestamp;

/// The reservation after it has ended, without a message. The seats of a used ticket stay its own: somebody sits there
/// (hole 19).
pub(super) fn ended(of: &Reservation, reason: CancelReason, now: Timestamp) -> Next {
    let mut after = of.clone();
    after.status = ReservationStatus::Cancelled;
    after.cancel_reason = Some(reason);
    after.cancelled_at = Some(now);
    after.secured_at = None;
    if after.used.is_none() {
        after.seats.iter_mut().for_each(|seat| seat.is_live = false);
    }
    Next::of(after, now)
}

/// The seats that are free when the reservation ends now.
pub(super) fn freed(of: &Reservation) -> Vec<crate::id::SeatId> {
    if of.used.is_none() { of.live_seats() } else { Vec::new() }
}

/// As [`ended`], with its message.
pub(super) fn end(of: &Reservation, reason: CancelReason, now: Timestamp) -> Next {
    let message: Told = told(of, reason, freed(of), now);
    ended(of, reason, now).telling([message])
}

/// A hold whose time is over ends (RSV-007). None for any other, and for one that is kept for a payment: a secured hold is never
/// swept.
pub fn run_out(of: &Reservation, now: Timestamp) -> Option<Next> {
    of.has_run_out(now).then(|| end(of, CancelReason::HoldExpired, now))
}

/// The event was cancelled: whatever lives ends, used tickets too, and payment gives the money back (hole 6). None where nothing
/// lives. Of a hold that has run out the time is the reason: nobody paid for it, and nobody may.
pub fn cancel_event(of: &Reservation, now: Timestamp) -> Option<Next> {
    run_out(of, now).or_else(|| of.is_live().then(|| end(of, CancelReason::EventCancelled, now)))
}

/// The person lets a hold go (`DELETE /reservations/hold/{id}`). Under a claim it ends too, and payment gives back what comes;
/// while secured it is refused (hole 16).
///
/// # Errors
/// [`Refusal`].
pub fn release_hold(of: &Reservation, user: AccountId, scene: Scene) -> Result<Next, Refusal> {
    if of.user != user {
        return Err(Refusal::NotOwner);
    }
    if of.is_expired(scene.now) {
        return Err(Refusal::HoldExpired);
    }
    match of.status {
        ReservationStatus::Cancelled => Err(Refusal::AlreadyCancelled),
        ReservationStatus::Confirmed => Err(Refusal::NotModifiable),
        ReservationStatus::Pending if of.is_secured() => Err(Refusal::InProgress),
        ReservationStatus::Pending => Ok(end(of, CancelReason::UserRequest, scene.now)),
    }
}

/// The person cancels (`DELETE /reservations/{id}`): a hold, or a ticket that was not used (hole 19). What was paid is given back
/// by payment, which hears of it. While secured it is refused (hole 16).
///
/// # Errors
/// [`Refusal`].
pub fn cancel(of: &Reservation, request: &Cancellation, scene: Scene) -> Result<Next, Refusal> {
    if of.user != request.user {
        return Err(Refusal::NotOwner);
    }
    if of.status == ReservationStatus::Cancelled || of.has_run_out(scene.now) {
        return Err(Refusal::AlreadyCancelled);
    }
    if of.is_secured() {
        return Err(Refusal::InProgress);
    }
    if request.day_begins_at <= scene.now || of.used.is_some() {
        return Err(Refusal::CancellationNotAllowed);
    }
    Ok(end(of, CancelReason::UserRequest, scene.now))
}
