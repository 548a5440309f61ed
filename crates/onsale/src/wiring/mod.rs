//! Putting the parts together: the only place that names concrete engines.
//!
//! ```text
//! parts    hot state, tables, keys, service        (also for commands that do not serve)
//! redis    hot state on Redis; kafka: messages on Kafka; lease: one carrier at a time
//! courier  messages from decisions to rows         (relays, bus, issuer)
//! gate     lines before campaigns, and who they let in; lines: lines before sites
//! internal keys between our own services; secrets: given, or made and kept
//! server   the door, its routes, health, metrics
//! demo     example data, said loudly
//! ```

mod courier;
mod demo;
mod gate;
mod hot_routes;
mod internal;
mod kafka;
mod lines;
mod parts;
mod receipts;
mod redis;
mod secrets;
mod server;

pub use courier::{Courier, dead_letters};
pub use demo::{Demo, prepare as prepare_demo};
pub use gate::dispatch;
pub use lines::Lines;
pub use parts::{Deciding, Parts, open_ledger};
pub use server::{Server, open as open_server};
