//! What is kept: tables, constraints, queries. The last and absolute guard of every promise.
//!
//! One set of entities, migrations and queries for SQLite, PostgreSQL and MySQL/MariaDB: everything goes
//! through the query builder, and the few places where the databases part are `place` (where
//! tables stand), `pool` (what a connection is told), `error` and `migrations`. A row that would break a promise (two coupons with one number, a number beyond the stock,
//! a coupon beyond the user's limit) is refused by the database itself, whoever writes it.
//!
//! Queries are functions of their table's module and take the [`Ledger`], or a [`Transaction`] where they
//! belong to a larger change. Each names the tenant: no query reads across tenants unless its name says so.

mod asked;
mod change;
mod connect;
mod entities;
mod error;
mod migrations;
mod moment;
mod place;
mod pool;
mod queries;
mod survey;

pub use change::Transaction;
pub use connect::{Ledger, LedgerOptions, embedded_url};
pub use error::LedgerError;
pub use migrations::SchemaState;
pub use queries::{api_keys, campaigns, coupons, outbox, processed};
pub use survey::{Engine, LedgerSurvey};
