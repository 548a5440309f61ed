//! The outbox takes a row of the contract's columns alone: `payload` is the whole message, and the columns that repeated parts of it,
//! or that follow from others, may be null. Rows of the earlier form stay.

use crate::columns::moment;
use crate::database::Database;
use sea_orm::DbBackend;
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm_migration::prelude::*;

/// The columns that may be null from now on.
const OPTIONAL: [&str; 4] = ["topic", "version", "metadata", "occurred_at"];

/// SQLite cannot change a column: the table is made anew, with everything that is in it. Its numbers go on where they were.
const IN_SQLITE: [&str; 7] = [
    r#"CREATE TABLE "outbox_events_next" ( "sequence" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "id" uuid_text NOT NULL, "topic" varchar(64), "aggregate_type" varchar(64) NOT NULL, "aggregate_id" varchar(300) NOT NULL, "event_type" varchar(64) NOT NULL, "version" varchar(16), "payload" jsonb_text NOT NULL, "metadata" jsonb_text, "occurred_at" timestamp_with_timezone_text, "created_at" timestamp_with_timezone_text NOT NULL, "published" boolean NOT NULL, "published_at" timestamp_with_timezone_text, "retry_count" integer NOT NULL, "last_error" text, CONSTRAINT "uq_outbox_events_id" UNIQUE ("id") )"#,
    "INSERT INTO outbox_events_next (sequence, id, topic, aggregate_type, aggregate_id, event_type, version, payload, \
     metadata, occurred_at, created_at, published, published_at, retry_count, last_error) SELECT sequence, id, topic, \
     aggregate_type, aggregate_id, event_type, version, payload, metadata, occurred_at, created_at, published, \
     published_at, retry_count, last_error FROM outbox_events",
    "DELETE FROM sqlite_sequence WHERE name = 'outbox_events_next'",
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox_events_next', seq FROM sqlite_sequence \
     WHERE name = 'outbox_events'",
    "DROP TABLE outbox_events",
    "ALTER TABLE outbox_events_next RENAME TO outbox_events",
    r#"CREATE INDEX "ix_outbox_events_published" ON "outbox_events" ("published", "sequence")"#,
];

/// Columns of the outbox that may be null.
#[derive(DeriveMigrationName)]
pub(super) struct Migration(pub Database);

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            for line in IN_SQLITE {
                manager.get_connection().execute_unprepared(line).await?;
            }
            return Ok(());
        }
        // Another service's migration has done it: the owner's rights may be lacking then.
        if is_done(manager, &self.0).await? {
            return Ok(());
        }
        let mut alter = Table::alter();
        alter.table(self.0.shared("outbox_events"));
        for mut column in columns(manager) {
            alter.modify_column(column.null());
        }
        manager.alter_table(alter).await
    }
}

/// The columns as the statement names them: MySQL wants a column's type again, PostgreSQL would look at every row for it.
fn columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    if manager.get_database_backend() == DbBackend::Postgres {
        return OPTIONAL.into_iter().map(ColumnDef::new).collect();
    }
    vec![
        ColumnDef::new("topic").string_len(64).take(),
        ColumnDef::new("version").string_len(16).take(),
        ColumnDef::new("metadata").json_binary().take(),
        moment(manager, "occurred_at"),
    ]
}

/// Whether the columns of tables that services share may be null.
async fn is_done(manager: &SchemaManager<'_>, database: &Database) -> Result<bool, DbErr> {
    let Some(common) = database.common.as_deref() else { return Ok(false) };
    let find = Query::select()
        .expr(Expr::val(1))
        .from((Alias::new("information_schema"), Alias::new("columns")))
        .and_where(Expr::col("table_schema").eq(common))
        .and_where(Expr::col("table_name").eq("outbox_events"))
        .and_where(Expr::col("column_name").is_in(OPTIONAL))
        .and_where(Expr::col("is_nullable").eq("YES"))
        .take();
    Ok(manager.get_connection().query_all(&find).await?.len() == OPTIONAL.len())
}
