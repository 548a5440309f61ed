//! The JSON of reservations and tickets (`contract-ticketing.md`, Reservation). Public times are cut off to the second, those
//! between services have milliseconds (amendment 8).

pub mod given;
pub mod hold;
pub mod internal;
pub mod page;
pub mod reservation;
pub mod seats;
pub mod ticket;
