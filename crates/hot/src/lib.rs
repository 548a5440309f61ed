//! Contended state: who gets what is decided here, at once, and durable before anyone hears it.
//!
//! `port` says what every engine promises; `embedded` is the engine of one process, `redis` that of
//! many; `batcher` gathers
//! requests while a call is in flight; `conformance` holds any engine against the rules of `domain`.

pub mod batcher;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod embedded;
pub mod lease;
pub mod line;
pub mod port;
pub mod redis;
mod registry;
mod rest;
mod winners;

pub use port::*;
