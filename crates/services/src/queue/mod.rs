//! Waiting lines (QUEUE, GATE-001..006): who waits, who goes next, and what everybody may know about it.
//!
//! `desk` answers people; `scheduler` lets the next go; `serving` is the public document, with what `rates` foretells;
//! `stream` and `pump` push it; `operation` is what operators see and change, `rules` how several change the
//! same line, `figures` their metrics; `configured` keeps the configured lines; `api` has the routes.
//!
//! `draw` is the opening draw; `site` a line before any site.

pub mod api;
pub mod configured;
pub mod desk;
pub mod draw;
pub mod figures;
pub mod operation;
mod pump;
pub mod rates;
pub mod rules;
pub mod scheduler;
pub mod serving;
pub mod site;
pub mod stream;
#[cfg(test)]
mod stream_tests;

pub use configured::{ConfiguredLines, LineSettings};
pub use desk::Desk;
pub use draw::ReceiptKey;
pub use scheduler::Scheduler;
pub use serving::Board;
pub use site::{CookieKeys, Site};
pub use stream::Streams;
