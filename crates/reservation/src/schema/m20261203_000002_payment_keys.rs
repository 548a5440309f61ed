//! A reservation is found by the name at the provider of its payment, and keeps the payment's coupon: with both a payment whose
//! row was lost is made again (hole 9).

use sea_orm_migration::prelude::*;

const TABLE: &str = "reservations";
const COUPON: &str = "claimed_coupon_id";
const INDEX: &str = "ix_reservations_payment_key";

/// The column and the index.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // On MySQL a second run after a lost connection finds what the first has made.
        if !manager.has_column(TABLE, COUPON).await? {
            let coupon = ColumnDef::new(COUPON).uuid().null().take();
            manager.alter_table(Table::alter().table(TABLE).add_column(coupon).take()).await?;
        }
        if manager.has_index(TABLE, INDEX).await? {
            return Ok(());
        }
        manager.create_index(Index::create().name(INDEX).table(TABLE).col("payment_key").take()).await
    }
}
