//! A ticket at the door.

use super::change::{Next, Scene};
use super::model::{Mark, Reservation};
use super::request::UseWish;
use super::status::{Refusal, ReservationStatus};

/// Somebody comes in: all seats at once, once (RSV-016). Number and reservation of the code must both be the ticket's (hole 19).
/// Of marks that doors without the network hand in later the first by time counts.
///
/// # Errors
/// [`Refusal::NoTicket`], [`Refusal::AlreadyCancelled`], [`Refusal::Used`].
pub fn mark_used(of: &Reservation, wish: &UseWish, scene: Scene) -> Result<Next, Refusal> {
    if of.ticket_number != Some(wish.number) {
        return Err(Refusal::NoTicket);
    }
    match of.status {
        ReservationStatus::Pending => return Err(Refusal::NoTicket),
        ReservationStatus::Cancelled => return Err(Refusal::AlreadyCancelled),
        ReservationStatus::Confirmed => {}
    }
    let mark = Mark { at: wish.at.unwrap_or(scene.now), gate: wish.gate.clone() };
    match &of.used {
        Some(standing) if standing.at <= mark.at => Err(Refusal::Used { at: standing.at, gate: standing.gate.clone() }),
        _ => Ok(Next::of(Reservation { used: Some(mark), ..of.clone() }, scene.now)),
    }
}
