//! The rows as the tables hold them.

pub(crate) mod cancelled_schedule;
pub(crate) mod hold_counter;
pub(crate) mod reservation;
pub(crate) mod reservation_seat;
