//! The book of reservations: tables `reservations`, `reservation_seats`, `hold_counter`.

use domain::id::{PaymentId, ReservationId};
use domain::reservation::ReservationStatus;
use domain::{AccountId, ScheduleId, SeatId, Timestamp};

/// The book of reservations.
#[derive(Clone, Debug, Default)]
pub struct ReservationBook {
    /// `R`.
    pub reservations: Vec<ReservationRow>,
    /// `S`.
    pub seats: Vec<SeatRow>,
    /// The highest number that was drawn for a hold; none when it could not be read.
    pub counter: Option<i64>,
}

/// A reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationRow {
    /// Its id.
    pub id: ReservationId,
    /// Whose it is.
    pub user: AccountId,
    /// Of which schedule.
    pub schedule: ScheduleId,
    /// Its state.
    pub status: ReservationStatus,
    /// The price of its seats in won.
    pub total_amount: i64,
    /// When its hold ends.
    pub hold_expires_at: Timestamp,
    /// The number of its last hold.
    pub hold_no: i64,
    /// The payment that stands on it.
    pub payment: Option<PaymentId>,
    /// Whether that payment keeps its seats until it is decided.
    pub is_secured: bool,
    /// Why it has ended.
    pub cancel_reason: Option<String>,
    /// When.
    pub cancelled_at: Option<Timestamp>,
    /// The ticket's number.
    pub ticket_number: Option<String>,
    /// When the ticket was used at a door.
    pub used_at: Option<Timestamp>,
}

impl ReservationRow {
    /// Whether its seats are taken: it is held or paid, or somebody sits on them.
    pub fn keeps_seats(&self) -> bool {
        self.status != ReservationStatus::Cancelled || self.used_at.is_some()
    }

    /// Whether the catalog must show its seats as sold: it is paid, or it was given back after its use, of which no seat is
    /// told back.
    pub fn is_sold(&self) -> bool {
        match self.status {
            ReservationStatus::Pending => false,
            ReservationStatus::Confirmed => true,
            ReservationStatus::Cancelled => self.used_at.is_some(),
        }
    }
}

/// A seat of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRow {
    /// The reservation.
    pub reservation: ReservationId,
    /// The schedule.
    pub schedule: ScheduleId,
    /// The seat.
    pub seat: SeatId,
    /// Whose it is.
    pub user: AccountId,
    /// Which of the person's seats in the schedule, from 1; none when the table has none.
    pub slot: Option<u8>,
    /// Its price in won.
    pub price: i64,
    /// Whether it is taken.
    pub is_live: bool,
}
