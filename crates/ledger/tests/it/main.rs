//! The machinery of the databases on SQLite files and on real servers.

mod calls;
mod crossing;
mod group;
mod health;
mod messages;
mod outbox_rows;
mod places;
mod purge;
mod schema;
mod support;
mod texts;
mod tls;
mod two_services;
mod wal;
