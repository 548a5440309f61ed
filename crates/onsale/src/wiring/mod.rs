//! Putting the parts together: the only place that names concrete engines.
//!
//! ```text
//! engines     hot state, tables, what roles share   (also for commands that do not serve)
//! redis       hot state on Redis; kafka: messages on Kafka
//! schemas     the tables of each context, one line a schema
//! role        what a role brings into a process
//! roles       one file a role
//! messaging   outboxes, the bus, its consumers
//! operators   audit logs, dead letters and answers of the process, for the gateway
//! supervisor  background tasks, watched
//! server      the HTTP server over what the roles brought; hot_routes: its fast path
//! calls       the layer around unsafe requests: audit log, Idempotency-Key
//! internal    keys between our own services; secrets: given, or made and kept; receipts: the key of opening draws;
//!             draws: their public randomness
//! probes      what health asks of the engines
//! trust       servers whose certificate is not trusted
//! certificate TLS towards clients; counters: shown with 0 from the start; help: HELP texts of metrics
//! demo        example data, said loudly; the first administrator's key; demo_accounts: people and events
//! outboxes    messages of committed changes, read where the configuration says
//! comparisons the services behind `onsale reconcile --seats` and `--payments`
//! tickets     settings of the roles reservation and payment
//! people      secrets and settings of the roles about people; page_settings: of pages; sandbox: what stands in for other companies' services
//! ```

mod calls;
pub mod certificate;
mod challenges;
pub mod comparisons;
pub mod counters;
mod demo;
pub mod demo_accounts;
mod draws;
mod engines;
pub mod help;
mod hot_routes;
mod internal;
mod kafka;
mod messaging;
pub mod operators;
mod outboxes;
mod page_settings;
pub mod people;
mod probes;
mod receipts;
mod redis;
mod role;
mod roles;
pub mod sandbox;
mod schemas;
mod secrets;
mod server;
mod supervisor;
pub mod tickets;
mod trust;

pub use calls::pending_entries;
pub use demo::{AdminKey, Demo, prepare as prepare_demo};
pub use engines::Engines;
pub use internal::{Peers, accepted as accepted_keys};
pub use messaging::{Messaging, dead_letters};
pub use role::probe;
#[cfg(test)]
pub use role::{MakeHotRoute, Role};
pub use roles::{Opening, open as open_roles, schemas as schemas_of};
pub use schemas::{
    ALL as ALL_SCHEMAS, COUPON as COUPON_SCHEMA, ContextSchema, RESERVATION as RESERVATION_SCHEMA, USER as USER_SCHEMA,
    books_of, open_ledger, open_tables, why_not_together,
};
pub use server::{Addresses, Opening as ServerOpening, Server, limits, open as open_server};
pub use supervisor::{Supervisor, Task};
pub use trust::{Trust, demand_of_brokers};
