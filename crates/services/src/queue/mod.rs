//! Waiting lines (QUEUE, GATE-001..006): who waits, who goes next, and what everybody may know about it.
//!
//! `desk` answers people; `scheduler` lets the next go; `serving` is the public document; `operation` what operators
//! see and change; `api` the routes.

pub mod api;
pub mod desk;
pub mod operation;
pub mod scheduler;
pub mod serving;

pub use desk::Desk;
pub use scheduler::Scheduler;
pub use serving::Board;
