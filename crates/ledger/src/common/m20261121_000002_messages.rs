//! The outbox and the record of processed messages. `database` says in which schema they are.

use crate::columns::{moment, name, table};
use crate::database::Database;
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::prelude::*;

/// Longest written form of a campaign among all: tenant, `/`, name; with room.
const AGGREGATE_LENGTH: u32 = 300;

/// Tables of messages.
#[derive(DeriveMigrationName)]
pub(super) struct Migration(pub Database);

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

/// A common table, by its full name.
fn common_table(manager: &SchemaManager<'_>, database: &Database, name: &'static str) -> TableCreateStatement {
    table(manager, name).table(database.shared(name)).take()
}

/// Makes a common table with its index, unless the migration of another service has made it. A service's user may be
/// allowed to read and write common tables without owning them, and an `IF NOT EXISTS` needs the owner's rights.
///
/// On MySQL the index is part of the table's own statement, since the builder cannot name a table of another database,
/// and since a second run after a lost connection would fail on an existing index.
async fn create_with_index(
    manager: &SchemaManager<'_>,
    database: &Database,
    (name, mut table): (&'static str, TableCreateStatement),
    mut index: IndexCreateStatement,
) -> Result<(), DbErr> {
    if exists(manager, database, name).await? {
        return Ok(());
    }
    if manager.get_database_backend() == DbBackend::MySql {
        return manager.create_table(table.index(&mut index).take()).await;
    }
    manager.create_table(table).await?;
    manager.create_index(index.if_not_exists().table(database.shared(name)).take()).await
}

/// Whether a common table exists where services share it.
async fn exists(manager: &SchemaManager<'_>, database: &Database, name: &str) -> Result<bool, DbErr> {
    let Some(common) = database.common.as_deref() else { return Ok(false) };
    let find = Query::select()
        .expr(Expr::val(1))
        .from((Alias::new("information_schema"), Alias::new("tables")))
        .and_where(Expr::col("table_schema").eq(common))
        .and_where(Expr::col("table_name").eq(name))
        .take();
    Ok(manager.get_connection().query_one(&find).await?.is_some())
}

fn outbox(manager: &SchemaManager<'_>, database: &Database) -> TableCreateStatement {
    common_table(manager, database, "outbox_events")
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

fn processed(manager: &SchemaManager<'_>, database: &Database) -> TableCreateStatement {
    common_table(manager, database, "processed_events")
        .col(ColumnDef::new("event_id").uuid().not_null())
        .col(name(manager, "consumer_service").not_null())
        .col(ColumnDef::new("aggregate_id").string_len(AGGREGATE_LENGTH).not_null())
        .col(ColumnDef::new("event_type").string_len(64).not_null())
        .col(moment(manager, "processed_at").not_null())
        .primary_key(Index::create().name("pk_processed_events").col("event_id").col("consumer_service"))
        .take()
}
