//! The seats compared with reservation's (EVT-023): every five minutes, and for `onsale reconcile --seats [--repair]`.
//!
//! ```text
//! look    reservation's sold seats, with the number drawn last before it read them   then ours
//! again   what two looks a minute apart have found alike, and nothing is on its way for
//! repair  told like a message: the number of the hold decides, nothing newer is undone
//! ```
//!
//! The run of every five minutes raises an alarm for what stays, and puts right what is older than ten minutes. `look` reads
//! both sides, `repair` puts right, `run` is the background work, `peer` asks reservation, `desk` is where operators look.

mod desk;
mod look;
mod peer;
mod repair;
mod run;

pub use desk::SeatDesk;
pub use look::{CompareError, Compared, Difference, SeatComparison};
pub use peer::ReservationSeats;
pub use repair::Repaired;
pub use run::Watch;
