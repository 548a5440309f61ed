//! What is sold: one schedule, and its seats.

use super::BEGIN_MS;
use domain::catalog::Grade;
use domain::reservation::SeatWish;
use domain::{EventId, ScheduleId, SeatId, Timestamp};
use uuid::Uuid;

const HOUR_MS: i64 = 3_600_000;
/// Ids of seats are above those of anything else.
const FIRST_SEAT: u128 = 1 << 64;

/// A schedule of an event.
pub(crate) struct Show {
    pub(crate) event: EventId,
    pub(crate) schedule: ScheduleId,
    pub(crate) seats: Vec<SeatWish>,
    /// From this moment on nobody cancels.
    pub(crate) day_begins_at: Timestamp,
    /// When it has ended.
    pub(crate) ends_at: Timestamp,
}

impl Show {
    pub(crate) fn new(seats: i64) -> Self {
        let seat = |number: i64| SeatWish {
            seat: SeatId(Uuid::from_u128(FIRST_SEAT + number.unsigned_abs() as u128)),
            number: format!("A-{}", number + 1),
            grade: if number % 2 == 0 { Grade::Vip } else { Grade::A },
            // Prices differ, so that one seat paid for another shows.
            price: 10_000 + 1_000 * number,
        };
        Self {
            event: EventId(Uuid::from_u128(FIRST_SEAT - 1)),
            schedule: ScheduleId(Uuid::from_u128(FIRST_SEAT - 2)),
            seats: (0..seats).map(seat).collect(),
            day_begins_at: Timestamp(BEGIN_MS + 26 * HOUR_MS),
            ends_at: Timestamp(BEGIN_MS + 40 * HOUR_MS),
        }
    }

    pub(crate) fn wish(&self, seat: SeatId) -> Option<&SeatWish> {
        self.seats.iter().find(|wish| wish.seat == seat)
    }
}
