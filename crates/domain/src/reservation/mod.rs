//! Reservations of seats (RSV-*): pure rules. Rows, workers and the simulation all go by them.
//!
//! ```text
//!                      swap, extend           claim(p)               secure(p)
//! hold --> PENDING ----------------> PENDING ---------> PENDING + p ----------> PENDING + p, secured --PaymentSuccess--> CONFIRMED
//!             |                                             |                     |                                        |
//!             +-- run out (sweep): HOLD_EXPIRED ------------+                     +-- PaymentFailed, PaymentRefunded,      +-- user, event,
//!             +-- user, event -----------------------------+                          event; nothing else                     PaymentRefunded
//!             v                                             v                     v                                        v
//!          CANCELLED ------ secure(p), paid in time, seats free: the only way back, with a new number of the hold     CANCELLED
//! ```
//!
//! - [`Reservation`]: what one row says, with its seats. Every allowed step is a function of it that returns the [`Next`] state
//!   or a [`Refusal`]: [`swap`], [`extend`], [`release_hold`], [`cancel`], [`claim`], [`secure`], [`run_out`], [`cancel_event`],
//!   [`hear`], [`hear_answer`], [`mark_used`]. What a step must know of other rows is an argument ([`Scene`]).
//! - [`ReservationBook`]: all reservations together, which decides what one row cannot: seats of others, the most seats of one
//!   person, the numbers of holds, cancelled schedules. A transaction decides in a book of the rows that it has locked, the
//!   simulation in a book of everything.
//!
//! The holes of `contract-amendments.md`, part 2, are named where the rule stands that closes them.

/// The most seats that one person may be allowed in one schedule (`reservation.max_seats`).
pub const SEATS_MAX: u8 = 20;

mod book;
mod cancel;
mod change;
mod claim;
mod hear;
mod hold;
mod model;
mod request;
mod secure;
mod status;
mod steps;
mod take_over;
#[cfg(test)]
mod tests;
mod ticket_use;

pub use book::{LiveSeat, ReservationBook};
pub use cancel::{cancel, cancel_event, release_hold, run_out};
pub use change::{Next, Scene, Told};
pub use claim::claim;
pub use hear::{hear, hear_answer};
pub use hold::{extend, swap};
pub use model::{Claim, Mark, Reservation, ReservedSeat, next_question};
pub use request::{
    Cancellation, ClaimRequest, HeardOf, HoldWish, PaymentNews, PaymentReply, RefundState, ReplyStatus, SeatWish,
    SecureRequest, SwapWish, UseWish,
};
pub use secure::{Secured, secure};
pub use status::{CancelReason, PaymentState, Refusal, ReservationStatus, UnsecuredWhy};
pub use steps::{Step, StepAnswer};
pub use take_over::{NotTakenOver, PaidReservation};
pub use ticket_use::mark_used;
