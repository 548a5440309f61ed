//! Putting the parts together: the only place that names concrete engines.
//!
//! ```text
//! engines     hot state, tables, what roles share   (also for commands that do not serve)
//! redis       hot state on Redis; kafka: messages on Kafka
//! role        what a role brings into a process
//! roles       one file a role
//! messaging   outboxes, the bus, its consumers
//! supervisor  background tasks, watched
//! server      the HTTP server over what the roles brought; hot_routes: its fast path
//! internal    keys between our own services; secrets: given, or made and kept; receipts: the key of opening draws;
//!             draws: their public randomness
//! demo        example data, said loudly
//! ```

mod demo;
mod draws;
mod engines;
mod hot_routes;
mod internal;
mod kafka;
mod messaging;
mod receipts;
mod redis;
mod role;
mod roles;
mod secrets;
mod server;
mod supervisor;

pub use demo::{Demo, prepare as prepare_demo};
pub use engines::{Engines, open_ledger};
pub use messaging::{Messaging, dead_letters};
pub use role::probe;
pub use roles::{Opening, open as open_roles};
pub use server::{Opening as ServerOpening, Server, limits, open as open_server};
pub use supervisor::{Failures, Supervisor, Task};
