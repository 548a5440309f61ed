//! `onsale doctor` and refused starts, against real servers with settings that break guarantees.

mod database;
mod embedded;
mod kafka;
pub mod patient;
mod redis;
pub mod serve;
