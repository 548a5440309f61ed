//! Reservations: seats held for one person until they are paid or the hold ends, and the tickets that come of them (RSV-*).
//!
//! ```text
//! people --> api --> holds: hot hold, then the row        doors --> api --> doors: signed codes, marks
//! page   --> api --> seats: what stands now, its stream    roles --> api --> holds: claim, secure, sold
//! ```
//!
//! `service` is what all share; `peers` asks other roles; `views` is the JSON. `steps` decides in transactions by the rules of
//! `domain::reservation`, `rows` and `schema` are the tables, `workers` what happens by itself, `messages` what is heard of
//! payments and events.

pub mod api;
mod doors;
mod holds;
pub mod messages;
pub mod metrics;
pub mod model;
pub mod peers;
mod restore;
pub mod rows;
pub mod schema;
mod seats;
mod service;
pub mod settings;
pub mod steps;
pub mod views;
pub mod workers;

pub use doors::{Exported, TicketExport};
pub use messages::{EventGroup, PaymentGroup};
pub use peers::{HeardHoldNo, Peers};
pub use restore::{Behind, Left, TakenOver};
pub use service::{Engines, ReservationService};
pub use settings::{ReturnedSeats, Settings};
