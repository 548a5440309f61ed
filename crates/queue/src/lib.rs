//! The queue role: lines before any site, and the routes of lines of any kind. It needs no database.
//!
//! `api` has the routes, `configured` looks after the lines before sites, `site` is a line before any site.

pub mod api;
pub mod configured;
pub mod site;

pub use configured::{ConfiguredLines, LineSettings};
pub use site::{CookieKeys, PublicNames, SameSite, Site, SiteOptions};
