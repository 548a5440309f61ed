//! The HTTP client of all tests: blocking, one connection a call or one that is kept, able to send any bytes.

mod client;
mod connection;
mod events;
pub mod heads;
mod kept;
mod reply;

pub use client::Client;
pub use connection::{Connection, raw};
pub use events::{Event, Events};
pub use kept::KeptClient;
pub use reply::Reply;
