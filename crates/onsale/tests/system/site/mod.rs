//! The waiting line before a site, with NGINX and a browser.

mod away;
mod browser;
mod gate_away;
mod heads;
mod knowledge;
mod people;
mod proxy;
mod shop;
mod two_servers;
