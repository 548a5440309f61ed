//! Contended state: decided here, one decision at a time, and durable before any caller is told.
//!
//! ```text
//! port         what every engine promises: coupons, lines, seats, keys, limits, what calls leave
//! embedded     the engines of one process: memory, and a journal in SQLite
//! redis        the engines of many processes: scripts on Redis
//! batcher      gathers requests while a call is in flight
//! conformance  one suite for each port, which compares any engine with the rules of `domain`
//! ```

pub mod batcher;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod embedded;
mod frozen;
pub mod lease;

pub mod port;
pub mod redis;
mod registry;
mod winners;

pub use port::*;
