//! Keys of tenants, services and administrators.

use ledger::columns::{moment, name, table};
use sea_orm_migration::prelude::*;

/// SHA-256 in hexadecimal.
const HASH_LENGTH: u32 = 64;

/// Table of keys.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = table(manager, "api_keys")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("kind").string_len(16).not_null())
            .col(name(manager, "name"))
            .col(ColumnDef::new("secret_hash").char_len(HASH_LENGTH).not_null())
            .col(ColumnDef::new("label").string_len(64).not_null())
            .col(moment(manager, "created_at").not_null())
            .col(moment(manager, "revoked_at"))
            .check(("ck_api_keys_kind", Expr::col("kind").is_in(["tenant", "service", "admin"])))
            .check(("ck_api_keys_name", Expr::col("kind").eq("admin").or(Expr::col("name").is_not_null())))
            .index(Index::create().name("uq_api_keys_secret_hash").col("secret_hash").unique())
            .take();
        manager.create_table(keys).await
    }
}
