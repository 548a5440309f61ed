//! The ports: what every engine promises, one file for each kind of contended state.

pub mod calls;
pub mod coupon;
mod error;
pub mod key;
pub mod limit;
pub mod line;
pub mod seat;

pub use calls::{CallPort, PendingEntry};
pub use coupon::*;
pub use error::{HotError, Reason};
pub use key::KeyPort;
pub use limit::LimitPort;
pub use seat::SeatPort;
