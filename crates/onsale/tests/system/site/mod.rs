//! The waiting line before a site, with the real NGINX and a real browser.

mod away;
mod browser;
mod gate_away;
#[path = "../support/http.rs"]
mod http;
mod people;
mod proxy;
#[path = "../support/server.rs"]
mod server;
mod shop;
#[path = "../it/visitor.rs"]
mod visitor;
