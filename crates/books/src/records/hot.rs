//! The book of hot state.

use domain::id::ReservationId;
use domain::{AccountId, ScheduleId, SeatId, Timestamp};

/// What hot state says of the seats of some schedules. Only these schedules are compared.
#[derive(Clone, Debug, Default)]
pub struct HotBook {
    /// The schedules that were read.
    pub schedules: Vec<ScheduleId>,
    /// Their held seats.
    pub holds: Vec<HoldRow>,
    /// Keys of an engine that have no end and should have one; empty where an engine has no such keys.
    pub keys_without_life: Vec<String>,
}

/// A held seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The seat.
    pub seat: SeatId,
    /// For which reservation.
    pub reservation: ReservationId,
    /// Whose.
    pub user: AccountId,
    /// Until when; none when it is kept until payment has decided.
    pub until: Option<Timestamp>,
}
