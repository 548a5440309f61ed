//! Tests of reservations: the routes over embedded engines, and the rows on every database.

mod api_calls;
mod api_holds;
mod api_internal;
mod api_reservations;
mod api_restored;
mod api_rush;
mod api_seats;
mod api_stream;
mod api_swaps;
mod api_tickets;
mod api_walk;
mod api_wrong;
mod core_constraints;
mod core_hot;
mod core_messages;
mod core_questions;
mod core_races;
mod core_rights;
mod core_steps;
mod core_support;
mod core_sweep;
mod stand_ins;
mod world;
