//! Where the three databases part on tables and types; every migration goes through here.

use crate::place::Place;
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// Longest name: user, tenant, campaign, order (`contract.md`, Conventions).
pub(super) const NAME_LENGTH: u32 = 128;

/// A new table. MySQL would otherwise take `Kim` and `kim` for the same user.
pub(super) fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).if_not_exists();
    if manager.get_database_backend() == DbBackend::MySql {
        table.engine("InnoDB").character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
}

/// A table that all services share, by its full name.
pub(super) fn common_table(manager: &SchemaManager<'_>, place: &Place, name: &'static str) -> TableCreateStatement {
    table(manager, name).table(place.shared(name)).take()
}

/// An index on a shared table. MySQL's belong into the table's own statement, since the builder can name no other
/// database's table, and since a second run after a lost connection would stumble over an index that is there.
pub(super) async fn create_with_index(
    manager: &SchemaManager<'_>,
    place: &Place,
    (name, mut table): (&'static str, TableCreateStatement),
    mut index: IndexCreateStatement,
) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::MySql {
        return manager.create_table(table.index(&mut index).take()).await;
    }
    manager.create_table(table).await?;
    manager.create_index(index.if_not_exists().table(place.shared(name)).take()).await
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

/// A user, tenant, campaign or order. PostgreSQL would otherwise sort it by the rules of a language, which change with
/// the operating system and take longer.
pub(super) fn name(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(column).string_len(NAME_LENGTH).take();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}
