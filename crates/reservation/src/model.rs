//! What the rows say beside a reservation itself.

use domain::reservation::Reservation;
use domain::{ReservationId, SeatId, Timestamp};

/// A reservation and the time by the database that decides (hole 15): both read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The reservation.
    pub reservation: Reservation,
    /// Now.
    pub now: Timestamp,
}

impl Standing {
    /// Whether its time is over, swept or not.
    pub fn is_expired(&self) -> bool {
        self.reservation.is_expired(self.now)
    }
}

/// A seat that is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoldSeat {
    /// The seat.
    pub seat: SeatId,
    /// To this reservation.
    pub reservation: ReservationId,
    /// The number of its hold.
    pub hold_no: i64,
}

/// The sold seats of a schedule (hole 22).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoldSeats {
    /// The number that was drawn last, read before the seats: whatever is not among them had a smaller one, or is newer.
    pub counter: i64,
    /// The seats, in the order of their ids.
    pub seats: Vec<SoldSeat>,
}
