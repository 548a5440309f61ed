//! `onsale doctor`, and the start that is refused, against real servers whose settings lose what was promised.

mod database;
mod embedded;
mod kafka;
mod patient;
mod redis;
mod serve;
