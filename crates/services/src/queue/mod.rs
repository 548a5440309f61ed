//! Waiting lines (QUEUE, GATE-001..006): who waits, who goes next, and what everybody may know about it.
//!
//! `desk` answers people; `scheduler` lets the next go; `serving` is the public document, with what `rates`
//! foretells; `stream` and `pump` push it;
//! `operation` is what operators see and change, `figures` their metrics; `configured` keeps the configured lines;
//! `api` has the routes.
//!
//! `draws` announces opening draws, whose numbers `receipt` signs; `draw_api` has their routes.
//!
//! Before any site: `site` with `check` and `page`, `visitor` with `signed` cookies, `local` addresses, `site_api`.

pub mod api;
mod check;
#[cfg(test)]
mod check_tests;
pub mod configured;
pub mod desk;
pub mod draw_api;
pub mod draws;
pub mod figures;
mod local;
pub mod operation;
mod page;
mod pump;
pub mod rates;
pub mod receipt;
pub mod scheduler;
pub mod serving;
pub mod signed;
pub mod site;
pub mod site_api;
#[cfg(test)]
mod site_tests;
pub mod stream;
#[cfg(test)]
mod stream_tests;
mod visitor;

pub use configured::{ConfiguredLines, LineSettings};
pub use desk::Desk;
pub use receipt::ReceiptKey;
pub use scheduler::Scheduler;
pub use serving::Board;
pub use signed::CookieKeys;
pub use site::Site;
pub use stream::Streams;
