//! Contended state: who gets what is decided here, at once, and durable before anyone hears it.
//!
//! `port` says what every engine promises; `embedded` is the engine of one process; `batcher` gathers
//! requests while a call is in flight.

pub mod port;

pub use port::*;
