//! `onsale doctor`, and the start that is refused, against real servers with settings that lose what was promised.

mod database;
mod embedded;
#[path = "../support/http.rs"]
mod http;
mod kafka;
mod patient;
mod redis;
mod serve;
#[path = "../support/server.rs"]
mod server;
