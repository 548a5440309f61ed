//! The tables that every schema includes: the outbox and the record of processed messages.

mod m20261121_000002_messages;
pub mod news;
pub mod outbox;
mod outbox_message;
pub mod processed;
mod processed_message;
pub mod purge;

use crate::database::Database;
use crate::schema::{Right, Table};
use sea_orm_migration::MigrationTrait;

/// The common tables.
pub(crate) const TABLES: &[Table] = &[
    Table { name: "outbox_events", rights: &[Right::Select, Right::Insert, Right::Update, Right::Delete] },
    Table { name: "processed_events", rights: &[Right::Select, Right::Insert, Right::Delete] },
];

/// The migration that makes the common tables, for the list of [`Schema::migrations`](crate::Schema::migrations).
/// Tables that another service's migration has already made in the same database stay as they are.
pub fn common_tables(database: &Database) -> Box<dyn MigrationTrait> {
    Box::new(m20261121_000002_messages::Migration(database.clone()))
}
