//! Mails that messages ask for: the message itself, for the dead letters, and when a mail was given up.

use ledger::columns::moment;
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// Columns for mails about reservations.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A second run after a lost connection finds what the first has made: MySQL ends a transaction at each statement.
        for mut column in [message(manager), moment(manager, "given_up_at")] {
            let name = column.get_column_name();
            if !manager.has_column("notices", &name).await? {
                manager.alter_table(Table::alter().table("notices").add_column(&mut column).take()).await?;
            }
        }
        Ok(())
    }
}

/// A plain `text` of MySQL ends at 64 KiB.
fn message(manager: &SchemaManager<'_>) -> ColumnDef {
    let mut column = ColumnDef::new("message");
    match manager.get_database_backend() {
        DbBackend::MySql => column.custom("mediumtext"),
        _ => column.text(),
    };
    column
}
