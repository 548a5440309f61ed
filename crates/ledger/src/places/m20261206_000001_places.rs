//! The places of consumer groups. Reservation has made the same table with its first ones.

use crate::columns::{moment, name, table};
use sea_orm_migration::prelude::*;

/// Table of places.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(places(manager)).await
    }
}

/// `next_offset` is the first message of the partition that the group has not had.
fn places(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "consumer_places")
        .col(name(manager, "consumer").not_null())
        .col(name(manager, "topic").not_null())
        .col(ColumnDef::new("partition_no").integer().not_null())
        .col(ColumnDef::new("next_offset").big_integer().not_null())
        .col(moment(manager, "updated_at").not_null())
        .primary_key(Index::create().name("pk_consumer_places").col("consumer").col("topic").col("partition_no"))
        .take()
}
