//! The catalog's book: table `seats`.

use domain::catalog::SeatStatus;
use domain::id::ReservationId;
use domain::{ScheduleId, SeatId};

/// The catalog's book. Seats that were never heard of may be left out: a seat without a row is free.
#[derive(Clone, Debug, Default)]
pub struct CatalogBook {
    /// `C`.
    pub seats: Vec<CatalogSeatRow>,
}

/// A seat as the catalog knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogSeatRow {
    /// The seat.
    pub seat: SeatId,
    /// Its schedule.
    pub schedule: ScheduleId,
    /// Whether it is sold.
    pub is_sold: bool,
    /// The hold that this comes from.
    pub hold_no: Option<i64>,
    /// To which reservation.
    pub sold_to: Option<ReservationId>,
}

impl CatalogSeatRow {
    /// A row of the domain's state.
    pub fn new(seat: SeatId, schedule: ScheduleId, state: domain::catalog::SeatState) -> Self {
        Self {
            seat,
            schedule,
            is_sold: state.status == SeatStatus::Sold,
            hold_no: state.hold_no,
            sold_to: state.sold_to.map(ReservationId),
        }
    }
}
