//! What is asked of seats, and what is answered.

use crate::id::{AccountId, ReservationId, ScheduleId, SeatId};
use crate::line::QueueNumber;
use crate::time::Timestamp;

/// When a hold ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldEnd {
    /// At this moment: then others may have the seat.
    At(Timestamp),
    /// Not by itself: its reservation is claimed or secured by a payment.
    Kept,
}

impl HoldEnd {
    /// Whether the hold has run out at `now`. At its very millisecond it has.
    pub fn is_over(self, now: Timestamp) -> bool {
        match self {
            Self::At(until) => until <= now,
            Self::Kept => false,
        }
    }
}

/// Whose hold is on a seat, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeatHold {
    /// The reservation.
    pub reservation: ReservationId,
    /// The person.
    pub user: AccountId,
    /// When it ends.
    pub end: HoldEnd,
}

/// The line of a schedule as the caller knows it, a second old at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineMark {
    /// The highest queue number that was admitted; 0 before the first.
    pub highest_admitted: QueueNumber,
    /// Whether anybody waits.
    pub is_waiting: bool,
}

impl LineMark {
    /// A line in which nobody waits, and none at all: seats that come back are for everybody.
    pub const NOBODY: Self = Self { highest_admitted: QueueNumber(0), is_waiting: false };
}

/// How seats that come back are given out (RSV-015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The schedule's line.
    pub line: LineMark,
    /// `reservation.returned_seconds` in milliseconds: so long after the end of a hold the seat is only for people with a
    /// queue number above the highest admitted. 0 where `reservation.returned_seats` is `open`.
    pub returned_ms: u64,
}

impl Window {
    /// Seats that come back are for everybody at once.
    pub const OPEN: Self = Self { line: LineMark::NOBODY, returned_ms: 0 };
}

/// Asks for seats: all of them or none (RSV-001, RSV-002, RSV-005).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRequest {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The reservation that will hold them. The same reservation may ask again, with the same seats or with others (a swap).
    pub reservation: ReservationId,
    /// The person. A reservation is one person's.
    pub user: AccountId,
    /// Seats of the schedule, 1 to `seats_max` different ones. Whether they exist is the caller's to know.
    pub seats: Vec<SeatId>,
    /// In a swap the reservation itself: its seats that are not in `seats` do not count for the most.
    pub replaces: Option<ReservationId>,
    /// Other reservations of this person that have no live row (hole 17: a crash between hold and row). They do not count, and
    /// their seats are this request's to take; if it takes seats, what is left of theirs is given back in the same step.
    pub rowless: Vec<ReservationId>,
    /// The queue number of the person's pass; none for a person who came without one.
    pub ticket: Option<QueueNumber>,
    /// The seats of a reservation that ran out, for its own payer: returned seats are open to it (hole 24).
    pub is_retake: bool,
    /// Most seats of one person in this schedule, `reservation.max_seats`.
    pub seats_max: u8,
    /// How long from now new holds live: the whole of a hold's life, in a swap the rest of it, by the row's clock.
    pub ttl_ms: u64,
    /// How returned seats are given out.
    pub window: Window,
}

/// The answer to a [`HoldRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldOutcome {
    /// The reservation holds all of the seats.
    Held {
        /// The earliest end of these holds, by the engine's clock. Seats that it held already keep their end.
        until: Timestamp,
    },
    /// Some seats are another's, or returned and not for this person; nothing has changed.
    Taken {
        /// These, in the order of the request.
        seats: Vec<SeatId>,
        /// Reservations of the same person that hold some of them, in the order of their ids: if one of them has no live row,
        /// ask again with it in [`HoldRequest::rowless`].
        own: Vec<ReservationId>,
    },
    /// The person would have more than `seats_max`; nothing has changed.
    TooMany {
        /// Seats that the person has beside those that were asked for.
        held: u8,
        /// The reservations that have them, but for the request's own: as in [`HoldOutcome::Taken`].
        own: Vec<ReservationId>,
    },
}

/// Seats of a reservation, as its row names them. Seats that another reservation holds are never touched by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The reservation.
    pub reservation: ReservationId,
    /// Its person.
    pub user: AccountId,
    /// The seats.
    pub seats: Vec<SeatId>,
}

/// Gives seats back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Whose seats.
    pub of: Holding,
    /// How they are given out again.
    pub window: Window,
}
