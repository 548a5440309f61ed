//! The outbox in the order of PostgreSQL's log (GATE-011).

mod cost;
mod faults;
mod order;
mod rows;
mod server;
mod setting_up;
mod switching;
