//! Waiting lines (QUEUE, GATE-001..006), over any engine that stores them.
//!
//! `client` enters users and reads their status. `scheduler` admits the next users. `serving` is the public document,
//! with the forecast of `rates`; `stream` and `publisher` push it. `operation` has the statistics and changes for
//! operators, `audit` what the audit log says of them, `rules` the concurrent change of a line's rule, `metrics` the metrics of all lines, `draw` the opening
//! draw.

pub mod audit;
pub mod client;
pub mod draw;
#[cfg(test)]
mod failure_tests;
pub mod metrics;
pub mod operation;
mod publisher;
pub mod rates;
pub mod rules;
pub mod scheduler;
pub mod serving;
pub mod stream;
#[cfg(test)]
mod stream_tests;

pub use client::LineClient;
pub use draw::ReceiptKey;
pub use scheduler::Scheduler;
pub use serving::ServingCache;
pub use stream::Streams;
