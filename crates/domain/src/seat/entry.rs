//! What stands of one seat.

use super::hold::{HoldEnd, SeatHold, Window};
use crate::id::{AccountId, ReservationId};
use crate::line::QueueNumber;
use crate::time::Timestamp;

/// A hold, and since when it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldSeat {
    /// The hold.
    pub hold: SeatHold,
    /// When the book took it, by the engine's clock.
    pub since: Timestamp,
}

/// A seat that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnedSeat {
    /// People with a queue number above this one may take it.
    pub above: QueueNumber,
    /// From this moment on everybody may.
    pub until: Timestamp,
}

/// What the book has of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatStands {
    /// Nothing: it is free, or sold.
    Free,
    /// A hold; one that has run out stands here until a call finds it.
    Held(HeldSeat),
    /// It came back.
    Returned(ReturnedSeat),
}

/// A hold in memory: there may be 50,000 of them, at most 200 bytes each with their entries in both trees (goals.md).
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub reservation: ReservationId,
    pub user: AccountId,
    /// [`KEPT`] for one without an end.
    pub end_ms: i64,
    pub since_ms: i64,
}

/// Later than every moment.
pub(super) const KEPT: i64 = i64::MAX;

impl Entry {
    pub(super) fn new(hold: SeatHold, since: Timestamp) -> Self {
        let SeatHold { reservation, user, end } = hold;
        Self { reservation, user, end_ms: end_ms(end), since_ms: since.millis() }
    }

    pub(super) fn end(&self) -> HoldEnd {
        if self.end_ms == KEPT { HoldEnd::Kept } else { HoldEnd::At(Timestamp(self.end_ms)) }
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.end().is_over(now)
    }

    /// What stands of the seat after the end of the hold, now or when it ran out, if it is not free for everybody.
    pub(super) fn given_back(&self, window: Window, now: Timestamp) -> Option<ReturnedSeat> {
        let until = later(Timestamp(self.end_ms.min(now.millis())), window.returned_ms);
        let is_open = !window.line.is_waiting || until <= now;
        (!is_open).then_some(ReturnedSeat { above: window.line.highest_admitted, until })
    }

    pub(super) fn shown(&self) -> HeldSeat {
        let hold = SeatHold { reservation: self.reservation, user: self.user, end: self.end() };
        HeldSeat { hold, since: Timestamp(self.since_ms) }
    }
}

pub(super) fn end_ms(end: HoldEnd) -> i64 {
    match end {
        HoldEnd::At(until) => until.millis().min(KEPT - 1),
        HoldEnd::Kept => KEPT,
    }
}

pub(super) fn later(at: Timestamp, by_ms: u64) -> Timestamp {
    Timestamp(at.millis().saturating_add_unsigned(by_ms).min(KEPT - 1))
}
