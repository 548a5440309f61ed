//! The JSON of requests and answers.

pub mod email_code;
pub mod given;
pub mod sessions;
pub mod social;
pub mod terms;
pub mod users;
