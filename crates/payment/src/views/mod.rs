//! The JSON of requests and answers.

pub mod given;
pub mod internal;
pub mod page;
pub mod payment;
