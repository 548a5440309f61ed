//! The audit log and the kept answers.

use crate::columns::{moment, table};
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// A user's or a key's id, or the words of a command.
const ACTOR_LENGTH: u32 = 128;
/// Kind and name of what was changed: the longest is a campaign with its tenant.
const TARGET_LENGTH: u32 = 300;
/// Tenant, kind and id of a caller.
pub(super) const SCOPE_LENGTH: u32 = 300;
/// Longest `Idempotency-Key`.
pub(super) const KEY_LENGTH: u32 = 255;
/// SHA-256 in hexadecimal.
const HASH_LENGTH: u32 = 64;
/// Longest `Location`.
pub(super) const LOCATION_LENGTH: u32 = 1_000;

/// Tables of calls.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_time = Index::create().name("ix_audit_log_at").col("at").col("id").take();
        let by_target = Index::create().name("ix_audit_log_target").col("target").take();
        create(manager, "audit_log", audit(manager), [by_time, by_target]).await?;
        let by_age = Index::create().name("ix_idempotency_keys_created_at").col("created_at").take();
        create(manager, "idempotency_keys", kept(manager), [by_age]).await
    }
}

/// Makes a table with its indexes. On MySQL they are part of the table's own statement, since a second run after a lost
/// connection would fail on an existing index.
async fn create<const N: usize>(
    manager: &SchemaManager<'_>,
    name: &'static str,
    mut table: TableCreateStatement,
    indexes: [IndexCreateStatement; N],
) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::MySql {
        for mut index in indexes {
            table.index(&mut index);
        }
        return manager.create_table(table).await;
    }
    manager.create_table(table).await?;
    for mut index in indexes {
        manager.create_index(index.if_not_exists().table(name).take()).await?;
    }
    Ok(())
}

/// Compared byte by byte.
fn exact(manager: &SchemaManager<'_>, column: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(column).string_len(length).take();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// Bytes of an answer: a plain `blob` of MySQL ends at 64 KiB.
fn bytes(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(column);
    match manager.get_database_backend() {
        DbBackend::MySql => column.custom("mediumblob"),
        _ => column.blob(),
    };
    column
}

fn audit(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "audit_log")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(moment(manager, "at").not_null())
        .col(ColumnDef::new("actor_kind").string_len(16).not_null())
        .col(exact(manager, "actor_id", ACTOR_LENGTH).not_null())
        .col(ColumnDef::new("action").string_len(64).not_null())
        .col(exact(manager, "target", TARGET_LENGTH).not_null())
        .col(ColumnDef::new("before").json_binary())
        .col(ColumnDef::new("after").json_binary())
        .col(ColumnDef::new("trace_id").string_len(64).not_null())
        .col(ColumnDef::new("network").string_len(64))
        .check(("ck_audit_log_actor_kind", Expr::col("actor_kind").is_in(["user", "key", "command"])))
        .take()
}

fn kept(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "idempotency_keys")
        .col(exact(manager, "scope", SCOPE_LENGTH).not_null())
        .col(exact(manager, "key", KEY_LENGTH).not_null())
        .col(ColumnDef::new("fingerprint").char_len(HASH_LENGTH).not_null())
        .col(ColumnDef::new("status").integer())
        .col(bytes(manager, "body"))
        .col(ColumnDef::new("location").string_len(LOCATION_LENGTH))
        .col(moment(manager, "created_at").not_null())
        .primary_key(Index::create().name("pk_idempotency_keys").col("scope").col("key"))
        .take()
}
