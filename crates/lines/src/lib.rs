//! Waiting lines (QUEUE, GATE-001..006), over any engine that keeps them: who waits, who goes next, and what is public.
//!
//! `client` answers people; `scheduler` lets the next go; `serving` is the public document, with what `rates` foretells;
//! `stream` and `publisher` push it; `operation` is what operators see and change, `rules` how several change the
//! same line, `metrics` the metrics of all lines; `draw` is the opening draw.

pub mod client;
pub mod draw;
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
