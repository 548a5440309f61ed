//! Whole-program tests: the built program, real sockets, real files.

mod bad_input;
mod campaigns;
mod connections;
mod drain;
mod gate;
#[path = "../support/http.rs"]
mod http;
mod issue;
mod kill;
mod kill_rush;
mod limits;
mod operation;
mod parted_books;
mod redemption;
#[path = "../support/server.rs"]
mod server;
mod start;
mod tenants;
