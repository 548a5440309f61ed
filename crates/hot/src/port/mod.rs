//! The ports: what every engine promises, one file for each kind of contended state.

pub mod coupon;
mod error;
pub mod key;
pub mod limit;
pub mod line;

pub use coupon::*;
pub use error::{HotError, Reason};
pub use key::KeyPort;
pub use limit::LimitPort;
