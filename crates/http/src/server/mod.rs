//! The server: accepts connections, and answers the hot routes without the router.
//!
//! ```text
//! acceptor --round robin--> worker (one runtime per core)
//!                             connection: read -> head -> hot?  yes: answer into the same buffer, one write
//!                                                   no:  hand the connection to hyper and the router
//! ```
//!
//! A rush is a million tiny requests of a few kinds. Their cost is system calls, and layers that they do not use. So a
//! short loop serves a connection with requests for hot routes: one read, one write. Everything unusual (another path,
//! a chunked body, an upgrade, `Expect`) goes to hyper, together with the bytes already read, and stays there until the
//! connection ends. The router answers an endless stream, and `streamed` writes it: each waiting visitor has one.

mod connection;
#[cfg(test)]
mod drain_tests;
mod head;
mod prefixed;
mod reply;
mod request;
mod streamed;
mod worker;

pub use crate::limits::RateNote;
pub use head::HotHead;
pub use reply::Reply;
pub use request::{HotRequest, SampledLine, refuse};
pub use worker::{Bound, HotRoutes, Server, ServerSettings};
