//! Campaigns that were deleted: their rows stay, with the time of the deletion.

use ledger::columns::moment;
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// The time at which a campaign was deleted.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // On MySQL a second run after a lost connection finds the column.
        if manager.get_database_backend() == DbBackend::MySql && manager.has_column("events", "archived_at").await? {
            return Ok(());
        }
        let mut archived_at = moment(manager, "archived_at");
        manager.alter_table(Table::alter().table("events").add_column(&mut archived_at).take()).await
    }
}
