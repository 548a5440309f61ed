//! The catalog: venues, halls, events, schedules and their seats (EVT-*).
//!
//! `venues`, `halls` and `events` are what administrators do; `reading` and `documents` are what everybody reads, through
//! `cache`; `counts` asks reservation which seats are held now and how many, `counted` and `holds` put that into what is kept,
//! `posters` draws.
//! `internal` is what other services read, from the tables; `messages` hears of payments and reservations, `compare` finds out
//! whether any was lost. `sales` is for operators. `api` has the routes, `views` their JSON, `rows` and `schema` the tables,
//! `audit` what the audit log says of changes.

pub mod api;
mod audit;
pub mod cache;
pub mod compare;
mod counted;
mod counts;
pub mod demo;
mod documents;
mod events;
mod halls;
mod holds;
mod internal;
mod life;
pub mod messages;
pub mod model;
mod new_id;
mod posters;
mod reading;
mod rows;
mod sales;
pub mod schema;
pub mod search;
mod seat_plans;
mod service;
mod venues;
pub mod views;

pub use messages::{PaymentGroup, ReservationGroup};
pub use posters::{PosterAnswer, PosterForm};
pub use service::{CatalogService, HeldSeats, Settings};
