//! The door: where connections come in, and where the hot routes are answered without a detour.
//!
//! ```text
//! acceptor --round robin--> worker (one runtime per core)
//!                             connection: read -> head -> hot?  yes: answer into the same buffer, one write
//!                                                   no:  hand the connection to hyper and the router
//! ```
//!
//! A rush is a million tiny requests of a few kinds, and what they cost is the system calls and the way through
//! layers that they do not use. So a connection that asks for a hot route is served by a short loop of its own: one
//! read, one write. Everything unusual (another path, a chunked body, an upgrade, `Expect`) goes to hyper,
//! bytes already read included, and stays there until the connection ends. A stream without an end is answered by the
//! router and written by hand (`streamed`): of those there are as many as people wait.

mod connection;
#[cfg(test)]
mod drain_tests;
mod head;
mod prefixed;
mod reply;
mod request;
mod streamed;
mod worker;

pub use head::HotHead;
pub use reply::{RateNote, Reply};
pub use request::{HotRequest, SampledLine, refuse};
pub use worker::{HotRoutes, Server, ServerSettings};
