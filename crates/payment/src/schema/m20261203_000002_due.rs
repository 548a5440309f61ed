//! Workers read what is due by its status: buyers wait for PENDING payments, nobody for a look back.

use sea_orm_migration::prelude::*;

const TABLE: &str = "payments";
const INDEX: &str = "ix_payments_status_due";
/// The index before: nobody reads by the time alone.
const BEFORE: &str = "ix_payments_due";

/// The index.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // On MySQL a second run after a lost connection finds what the first has done.
        if !manager.has_index(TABLE, INDEX).await? {
            let index = Index::create().name(INDEX).table(TABLE).col("status").col("due_at").take();
            manager.create_index(index).await?;
        }
        if manager.has_index(TABLE, BEFORE).await? {
            manager.drop_index(Index::drop().name(BEFORE).table(TABLE).to_owned()).await?;
        }
        Ok(())
    }
}
