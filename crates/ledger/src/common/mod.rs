//! The tables that every schema includes: the outbox and the record of processed messages.

mod m20261121_000002_messages;
mod m20261204_000003_whole_messages;
pub mod news;
pub mod outbox;
mod outbox_message;
mod outbox_row;
pub mod processed;
mod processed_message;
pub mod purge;

use crate::database::Database;
use crate::schema::{Right, Table};
use sea_orm_migration::{MigrationName, MigrationTrait};

/// The common tables.
pub(crate) const TABLES: &[Table] = &[
    Table { name: "outbox_events", rights: &[Right::Select, Right::Insert, Right::Update, Right::Delete] },
    Table { name: "processed_events", rights: &[Right::Select, Right::Insert, Right::Delete] },
];

/// The migration that makes the common tables, for the list of [`Schema::migrations`](crate::Schema::migrations).
/// Tables that another service's migration has already made in the same database stay as they are. Later changes of these
/// tables follow by themselves.
pub fn common_tables(database: &Database) -> Box<dyn MigrationTrait> {
    Box::new(m20261121_000002_messages::Migration(database.clone()))
}

/// The migrations of a schema: its own, and at the end the later changes of the common tables, if it has those.
pub(crate) fn migrations(database: &Database) -> Vec<Box<dyn MigrationTrait>> {
    let mut all = (database.schema.migrations)(database);
    let first = m20261121_000002_messages::Migration(database.clone());
    if all.iter().any(|own| own.name() == first.name()) {
        all.push(Box::new(m20261204_000003_whole_messages::Migration(database.clone())));
    }
    all
}
