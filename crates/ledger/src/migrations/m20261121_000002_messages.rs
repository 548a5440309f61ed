//! The outbox and the record of messages dealt with. On PostgreSQL in the schema that all services share.

use super::columns::{common_index, common_table, moment, name};
use sea_orm_migration::prelude::*;

/// Longest written form of a campaign among all: tenant, `/`, name; with room.
const AGGREGATE_LENGTH: u32 = 300;

/// Tables of messages.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(outbox(manager)).await?;
        manager.create_table(processed(manager)).await?;
        let waiting = common_index(manager, "ix_outbox_events_published", "outbox_events")
            .col("published")
            .col("sequence")
            .take();
        manager.create_index(waiting).await?;
        let by_age = common_index(manager, "ix_processed_events_at", "processed_events").col("processed_at").take();
        manager.create_index(by_age).await
    }
}

fn outbox(manager: &SchemaManager<'_>) -> TableCreateStatement {
    common_table(manager, "outbox_events")
        .col(ColumnDef::new("sequence").big_integer().not_null().auto_increment().primary_key())
        .col(ColumnDef::new("id").uuid().not_null())
        .col(ColumnDef::new("topic").string_len(64).not_null())
        .col(ColumnDef::new("aggregate_type").string_len(64).not_null())
        .col(ColumnDef::new("aggregate_id").string_len(AGGREGATE_LENGTH).not_null())
        .col(ColumnDef::new("event_type").string_len(64).not_null())
        .col(ColumnDef::new("version").string_len(16).not_null())
        .col(ColumnDef::new("payload").json_binary().not_null())
        .col(ColumnDef::new("metadata").json_binary().not_null())
        .col(moment(manager, "occurred_at").not_null())
        .col(moment(manager, "created_at").not_null())
        .col(ColumnDef::new("published").boolean().not_null())
        .col(moment(manager, "published_at"))
        .col(ColumnDef::new("retry_count").integer().not_null())
        .col(ColumnDef::new("last_error").text())
        .index(Index::create().name("uq_outbox_events_id").col("id").unique())
        .take()
}

fn processed(manager: &SchemaManager<'_>) -> TableCreateStatement {
    common_table(manager, "processed_events")
        .col(ColumnDef::new("event_id").uuid().not_null())
        .col(name("consumer_service").not_null())
        .col(ColumnDef::new("aggregate_id").string_len(AGGREGATE_LENGTH).not_null())
        .col(ColumnDef::new("event_type").string_len(64).not_null())
        .col(moment(manager, "processed_at").not_null())
        .primary_key(Index::create().name("pk_processed_events").col("event_id").col("consumer_service"))
        .take()
}
