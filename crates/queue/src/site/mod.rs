//! A line before any site: a proxy asks about every request to it, and who has no turn yet sees a waiting page.
//!
//! `check` decides on requests; `service` takes people into the line and shows the `page`; `visitor` tells them by
//! `signed` cookies; `local` has the addresses; `api` the routes.

pub mod api;
mod check;
#[cfg(test)]
mod check_tests;
mod local;
mod page;
pub mod service;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod shop;
pub mod signed;
mod visitor;

pub use service::Site;
pub use signed::CookieKeys;
