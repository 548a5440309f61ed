//! The waiting line before a site, with NGINX and a browser.

mod away;
mod balancer;
mod forms;
mod gate_away;
mod heads;
mod knowledge;
mod payment;
mod people;
mod proxy;
mod renewal;
mod shop;
mod straight;
mod tabs;
mod two_servers;
