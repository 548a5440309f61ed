//! Accounts: who people are (AUTH-*).
//!
//! `sign_up`, `log_in`, `sessions`, `profile`, `password`, `deletion`, `dormancy`, `social`, `terms`, `consents` and
//! `email_code` are the use cases; `operators` has those of commands, `background` and `blacklist` what goes on by itself.
//! `api` has the routes, `views` their JSON, `rows` the tables' queries, `outside` the clients of other companies' services.
//! `personal` encrypts and finds personal data, `hashing` is the bounded queue of password hashes.
//!
//! Personal data stands in the table `users` alone, encrypted: never in a log, a message, an audit entry or an error.

pub mod api;
pub mod background;
pub mod blacklist;
pub mod consents;
mod deletion;
pub mod dormancy;
pub mod email_code;
pub mod hashing;
pub mod log_in;
mod mail_texts;
pub mod mails;
mod new_account;
pub mod operators;
pub mod origin;
pub mod outside;
pub mod pairs;
pub mod password;
pub mod personal;
pub mod profile;
pub mod rows;
pub mod schema;
pub mod service;
pub mod sessions;
pub mod settings;
pub mod sign_up;
pub mod social;
pub mod terms;
pub mod views;

pub use origin::Origin;
pub use pairs::Session;
pub use service::{AccountService, OpenFault, personal_keys};
pub use settings::Settings;
