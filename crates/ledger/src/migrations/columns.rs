//! Where the three databases part on tables and types; every migration goes through here.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// Longest name: user, tenant, campaign, order (`contract.md`, Conventions).
pub(super) const NAME_LENGTH: u32 = 128;
/// On PostgreSQL the tables that all services share live here.
pub(super) const COMMON_SCHEMA: &str = "common";

/// A new table. MySQL would otherwise take `Kim` and `kim` for the same user.
pub(super) fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).if_not_exists();
    if manager.get_database_backend() == DbBackend::MySql {
        table.engine("InnoDB").character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
}

/// A table that all services share.
pub(super) fn common_table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = table(manager, name);
    if manager.get_database_backend() == DbBackend::Postgres {
        table.table((COMMON_SCHEMA, name));
    }
    table
}

/// An index on a table that all services share.
pub(super) fn common_index(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).if_not_exists();
    match manager.get_database_backend() {
        DbBackend::Postgres => index.table((COMMON_SCHEMA, table)),
        _ => index.table(table),
    };
    index
}

/// A time with milliseconds. MySQL's own `timestamp` has whole seconds and ends in 2038.
pub(super) fn moment(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match manager.get_database_backend() {
        DbBackend::MySql => column.custom("datetime(6)"),
        _ => column.timestamp_with_time_zone(),
    };
    column
}

/// A user, tenant, campaign or order.
pub(super) fn name(column: &'static str) -> ColumnDef {
    ColumnDef::new(column).string_len(NAME_LENGTH).take()
}
