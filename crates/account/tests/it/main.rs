//! Accounts on SQLite files and on real servers, with stand-ins for other companies' services.

mod accounts;
mod calls;
mod email_code;
mod log_in;
mod mails;
mod outsiders;
mod personal;
mod rights;
mod rows;
mod sessions;
mod sign_up;
mod social;
mod support;
mod terms;
