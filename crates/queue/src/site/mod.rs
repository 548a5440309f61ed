//! A line before any site: a proxy checks every request to the site, and visitors who are not admitted yet see a
//! waiting page.
//!
//! `check` decides on requests; `service` enters visitors into the line and shows the `page`; `visitor` identifies them
//! by `signed` cookies; `link` lets requests pass without a position; `local` has the addresses; `api` the routes.

pub mod api;
mod ask;
mod check;
#[cfg(test)]
mod check_tests;
pub mod cookie_keys;
pub mod link;
mod local;
mod page;
pub mod service;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod test_line;
mod visitor_cookies;

pub use cookie_keys::CookieKeys;
pub use service::Site;
