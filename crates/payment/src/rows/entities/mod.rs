//! The tables as the library of queries sees them.

pub mod mark;
pub mod payment;
pub mod refund;
pub mod webhook;
