//! What a step leads to.

use super::model::{Reservation, next_question};
use super::status::CancelReason;
use crate::id::{AccountId, EventId, ReservationId, ScheduleId, SeatId};
use crate::time::Timestamp;

/// What a step knows beside its reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The time by the database that keeps reservations, and no other clock (hole 15).
    pub now: Timestamp,
    /// Whether the schedule is remembered as cancelled (hole 6).
    pub is_cancelled: bool,
}

/// A `ReservationCancelled` that is owed: written in the transaction of the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The reservation.
    pub reservation: ReservationId,
    /// Whose it is.
    pub user: AccountId,
    /// The event.
    pub event: EventId,
    /// The schedule.
    pub schedule: ScheduleId,
    /// Seats that are free by it. None of a ticket that was used (hole 19).
    pub seats: Vec<SeatId>,
    /// Why.
    pub reason: CancelReason,
    /// When.
    pub at: Timestamp,
    /// The number of the hold; of `LATE_PAYMENT` that of the payment it answers (hole 7), if it has one.
    pub hold_no: Option<i64>,
}

/// The reservation after a step, and what is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// After the step.
    pub reservation: Reservation,
    /// Messages that are owed, in this order.
    pub told: Vec<Told>,
}

impl Next {
    /// A step that is told to nobody. The time of the next question to payment follows from the state.
    pub(super) fn of(mut reservation: Reservation, now: Timestamp) -> Self {
        reservation.ask_at = next_question(&reservation, now);
        Self { reservation, told: Vec::new() }
    }

    /// The same with messages.
    pub(super) fn telling(self, told: impl IntoIterator<Item = Told>) -> Self {
        Self { told: self.told.into_iter().chain(told).collect(), ..self }
    }
}

/// The message about the end of a reservation, or once more of it.
pub(super) fn told(of: &Reservation, reason: CancelReason, seats: Vec<SeatId>, at: Timestamp) -> Told {
    Told {
        reservation: of.id,
        user: of.user,
        event: of.event,
        schedule: of.schedule,
        seats,
        reason,
        at,
        hold_no: Some(of.hold_no),
    }
}
