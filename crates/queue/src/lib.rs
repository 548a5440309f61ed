//! The queue role: lines before any site, and the routes of lines of any kind. It needs no database.
//!
//! `api` has the routes, `configured` looks after the lines before sites, `site` is a line before any site, `tickets` the line
//! before the seats of a schedule.

pub mod api;
pub mod configured;
pub mod site;
pub mod tickets;

pub use configured::{ConfiguredLines, LineSettings};
pub use site::{CookieKeys, PublicNames, SameSite, Site, SiteOptions};
pub use tickets::{TicketParts, TicketPeers, TicketQueue, TicketSettings};
