//! A line before any site: a proxy checks every request to the site, and visitors who are not admitted yet see a
//! waiting page.
//!
//! `check` decides on requests, by `asker` (page or script) and by the lines' way straight through; `service` enters visitors
//! into the line and shows the `page`, `ask` what a line asks for first, both after `arrival`, `leave` takes them out; `visitor_cookies` identifies
//! them by signed cookies; `link` lets requests pass without a position; `local` has the addresses; `public_names` names
//! lines to strangers; `api` the routes.

mod answers;
pub mod api;
mod arrival;
mod ask;
mod asker;
mod check;
#[cfg(test)]
mod check_tests;
pub mod cookie_keys;
mod device;
mod leave;
pub mod link;
mod local;
mod page;
pub mod public_names;
pub mod service;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod test_line;
mod visitor_cookies;
mod wait_query;

pub use cookie_keys::CookieKeys;
pub use public_names::PublicNames;
pub use service::{Site, SiteOptions};
pub use visitor_cookies::SameSite;
