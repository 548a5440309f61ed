//! Putting the parts together: the only place that names concrete engines.
//!
//! ```text
//! parts    journal, tables, keys, service          (also for commands that do not serve)
//! courier  messages from decisions to rows         (relays, bus, issuer)
//! server   the door, its routes, health, metrics
//! demo     example data, said loudly
//! ```

mod courier;
mod demo;
mod parts;
mod server;

pub use courier::{Courier, dead_letters};
pub use demo::{Demo, prepare as prepare_demo};
pub use parts::{Parts, open_ledger};
pub use server::{Server, open as open_server};
