//! The tables' entities.

#![allow(missing_docs, reason = "columns have the names of the contract's tables; those that need a word have one")]

pub mod consent;
pub mod login;
pub mod notice;
pub mod refresh_token;
pub mod social_account;
pub mod term;
pub mod used_verification;
pub mod user;
