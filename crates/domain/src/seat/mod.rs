//! Seats that people hold while they pay (RSV-001, -002, -003, -005, -007, -014, -015).
//!
//! ```text
//! free --hold--> held(reservation, until) --keep--> kept, no end --sold--> gone from here, the catalog says so
//!  ^                |  release, or `until` comes           | release
//!  |                v                                      v
//!  +--window over-- returned: for a while only for people with a queue number above the highest admitted then
//! ```
//!
//! [`SeatBook`] is the rule of one schedule: the embedded engine runs it, the scripts on Redis do the same, and the
//! simulation plays it on made-up time. What stands here is a promise to those who choose: the truth of a reservation is its
//! row, and [`SeatBook::put_right`] makes the book follow the rows. [`best`] chooses seats for people.

pub mod best;
mod book;
mod entry;
mod hold;
mod now;
#[cfg(test)]
mod promise_tests;
mod put_right;
#[cfg(test)]
mod window_tests;

pub use book::SeatBook;
pub use entry::{HeldSeat, ReturnedSeat, SeatStands};
pub use hold::{HoldEnd, HoldOutcome, HoldRequest, Holding, LineMark, Release, SeatHold, Window};
pub use now::{SeatCounts, SeatsNow};
pub use put_right::PutRight;
