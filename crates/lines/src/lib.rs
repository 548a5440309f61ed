//! Waiting lines (QUEUE, GATE-001..006), over any engine that stores them.
//!
//! `client` enters users and reads their status. `scheduler` admits the next users. `serving` is the public document,
//! with the forecast of `rates`; `stream` and `publisher` push it. `operation` has the statistics and changes for
//! operators, `audit` what the audit log says of them, `notice` the operators' words, `rules` the concurrent change of a
//! line's rule, `rule_cache` the rules as checks of requests see them, `definition` and `site_lines` the lines that
//! administrators make, change and end, `metrics` the metrics of all lines, `draw` the opening draw, `challenge` what is
//! asked for before a place, `returned` what is told of a new place after too long an absence, `straight` the way in where
//! nobody waits.

pub mod audit;
pub mod challenge;
pub mod client;
pub mod definition;
#[cfg(test)]
mod definition_tests;
pub mod draw;
#[cfg(test)]
mod failure_tests;
mod labels;
pub mod metrics;
pub mod notice;
pub mod operation;
mod publisher;
pub mod rates;
#[cfg(test)]
mod rest_tests;
mod returned;
pub mod rule_cache;
pub mod rules;
pub mod scheduler;
pub mod serving;
pub mod site_lines;
pub mod straight;
pub mod stream;
#[cfg(test)]
mod stream_tests;

pub use challenge::Challenges;
pub use client::LineClient;
pub use draw::ReceiptKey;
pub use returned::Returned;
pub use rule_cache::RuleCache;
pub use scheduler::Scheduler;
pub use serving::ServingCache;
pub use straight::Straight;
pub use stream::Streams;
