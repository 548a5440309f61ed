//! The machinery of the databases on SQLite files and on real servers.

mod crossing;
mod messages;
mod schema;
mod support;
mod two_services;
