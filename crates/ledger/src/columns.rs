//! Tables and columns in the form that each database needs. Every migration uses these functions.
//!
//! The statements of a migration do not pass through [`Timed`](crate::Timed): what one writes of ids and times into a SQLite file, it
//! writes as texts itself.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// Longest name: user, tenant, campaign, order (`contract.md`, Conventions).
pub const NAME_LENGTH: u32 = 128;

/// A new table. On MySQL with a binary collation, which distinguishes the users `Kim` and `kim`.
pub fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).if_not_exists();
    if manager.get_database_backend() == DbBackend::MySql {
        table.engine("InnoDB").character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
}

/// A time with milliseconds. On MySQL not a `timestamp`, which has whole seconds and ends in 2038.
pub fn moment(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match manager.get_database_backend() {
        DbBackend::MySql => column.custom("datetime(6)"),
        _ => column.timestamp_with_time_zone(),
    };
    column
}

/// The name of a user, tenant, campaign or order. On PostgreSQL in the order of bytes: the order of a language changes
/// with the operating system and takes longer.
pub fn name(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(column).string_len(NAME_LENGTH).take();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}
