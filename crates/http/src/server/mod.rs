//! The server: accepts connections, and answers the hot routes without the router.
//!
//! ```text
//! acceptor: a place? --round robin--> worker (one runtime per core)
//!                    connection: read -> head -> hot?    yes: answer into the same buffer, one write
//!                            ^                   plain?  yes: the router answers, one write
//!                            |                   else:   hyper and the router answer this one request
//!                            '-----------------------------'
//! ```
//!
//! A rush is a million tiny requests of a few kinds. Their cost is system calls, and layers that they do not use. So a
//! short loop serves a connection with requests for hot routes: one read, one write. A whole request for another route
//! goes to the router as it is ([`plain`]). Everything unusual (a body on its way, chunks, an upgrade, `Expect`) goes to
//! hyper, together with the bytes already read, and the connection comes back after the response. So a connection waits
//! in one place alone, with one idle time, one limit for the first byte and one for a head, and it can be ended there
//! when all places are taken. The router answers an endless stream, and [`streamed`] writes it: each waiting visitor has
//! one.

mod acceptor;
mod connection;
#[cfg(test)]
mod drain_tests;
mod head;
mod plain;
mod prefixed;
mod recorded;
mod reply;
mod request;
mod response;
mod routed;
mod streamed;
mod table;
mod tls;
#[cfg(test)]
mod tls_tests;
mod wire;
mod worker;

pub use crate::limits::RateNote;
pub use acceptor::Bound;
pub use head::HotHead;
pub use recorded::{RecordedRoute, SharedHeaders};
pub use reply::Reply;
pub use request::{HotRequest, SampledLine, refuse};
pub use tls::{Tls, TlsError};
pub use worker::{HotRoutes, Server, ServerSettings};
