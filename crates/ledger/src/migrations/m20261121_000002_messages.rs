//! The outbox and the record of messages dealt with. Where all services share them: see `place`.

use super::columns::{common_table, create_with_index, moment, name};
use crate::place::Place;
use sea_orm_migration::prelude::*;

/// Longest written form of a campaign among all: tenant, `/`, name; with room.
const AGGREGATE_LENGTH: u32 = 300;

/// Tables of messages.
#[derive(DeriveMigrationName)]
pub(super) struct Migration(pub Place);

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let waiting = Index::create().name("ix_outbox_events_published").col("published").col("sequence").take();
        create_with_index(manager, &self.0, ("outbox_events", outbox(manager, &self.0)), waiting).await?;
        let by_age = Index::create().name("ix_processed_events_at").col("processed_at").take();
        create_with_index(manager, &self.0, ("processed_events", processed(manager, &self.0)), by_age).await
    }
}

fn outbox(manager: &SchemaManager<'_>, place: &Place) -> TableCreateStatement {
    common_table(manager, place, "outbox_events")
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

fn processed(manager: &SchemaManager<'_>, place: &Place) -> TableCreateStatement {
    common_table(manager, place, "processed_events")
        .col(ColumnDef::new("event_id").uuid().not_null())
        .col(name(manager, "consumer_service").not_null())
        .col(ColumnDef::new("aggregate_id").string_len(AGGREGATE_LENGTH).not_null())
        .col(ColumnDef::new("event_type").string_len(64).not_null())
        .col(moment(manager, "processed_at").not_null())
        .primary_key(Index::create().name("pk_processed_events").col("event_id").col("consumer_service"))
        .take()
}
