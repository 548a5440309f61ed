//! The catalog over its tables, on SQLite files and on real servers.

mod cache;
mod calls;
mod changes;
mod compare;
mod constraints;
mod demo;
mod internal;
mod listing;
mod messages;
mod places;
mod posters;
mod redis;
mod rights;
mod seats;
mod support;
mod walk;
mod wrong;
