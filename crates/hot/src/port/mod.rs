//! The ports: what every engine promises, one file for each kind of contended state.

pub mod coupon;
pub mod key;
pub mod limit;
pub mod line;

pub use coupon::*;
pub use key::KeyPort;
pub use limit::LimitPort;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HotError {
    /// Nothing was decided; asking again later is safe.
    #[error("hot state can not decide right now: {0}")]
    Unavailable(String),
    /// It may or may not have been decided; asking again is safe and tells.
    #[error("the decision's fate is unknown: {0}")]
    Unknown(String),
}
