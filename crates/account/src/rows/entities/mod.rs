//! The tables' entities.

pub mod consent;
pub mod login;
pub mod notice;
pub mod refresh_token;
pub mod social_account;
pub mod term;
pub mod used_verification;
pub mod user;
