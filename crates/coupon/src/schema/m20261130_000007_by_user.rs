//! A person's coupons over all campaigns are found by an index.

use sea_orm_migration::prelude::*;

const TABLE: &str = "user_coupons";
const INDEX: &str = "ix_user_coupons_user";

/// The index.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // On MySQL a second run after a lost connection finds the index.
        if manager.has_index(TABLE, INDEX).await? {
            return Ok(());
        }
        manager.create_index(Index::create().name(INDEX).table(TABLE).col("user_id").take()).await
    }
}
