//! The machinery of the databases: connections, transactions, migrations, the outbox, the record of processed messages and
//! the places of consumers. It knows no service: a service describes its tables as a [`Schema`] and owns their entities,
//! migrations and queries.
//!
//! One set of migrations and queries serves SQLite, PostgreSQL and MySQL/MariaDB: everything goes through the query
//! builder. The few differences are in `database` (where tables stand), `pool` (settings of a connection), `columns`,
//! `timed` and `stored_id` (types of values), `error` and `migrations`. A row that would break a promise is refused by the database itself, by a constraint.
//!
//! Queries are functions of their table's module and take the [`Ledger`], or a [`Transaction`] where they belong to a
//! larger change.

pub mod calls;
mod cause;
mod change;
pub mod columns;
mod commits;
mod common;
mod connect;
mod database;
mod diagnostics;
mod error;
pub mod group;
mod health;
mod migrations;
pub mod moment;
pub mod places;
mod pool;
mod schema;
mod stored_id;
mod timed;
pub mod wal;

pub use calls::call_tables;
pub use change::{Savepoint, Transaction};
pub use common::{common_tables, news, outbox, processed, purge};
pub use connect::{Ledger, LedgerOptions};
pub use database::Database;
pub use diagnostics::{Diagnostics, Engine};
pub use error::{Cause, LedgerError};
pub use health::LedgerHealth;
pub use migrations::SchemaState;
pub use places::place_table;
pub use schema::{Right, Schema, Table};
pub use stored_id::StoredId;
pub use timed::Timed;
