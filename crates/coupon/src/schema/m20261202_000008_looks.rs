//! Looks of tenants and lines, and their files.

use ledger::columns::{moment, table};
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// The longest name is a line's with its tenant.
const NAME_LENGTH: u32 = 300;
/// SHA-256 in hexadecimal, and an ending.
const FILE_LENGTH: u32 = 80;

/// The two tables.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut bytes = ColumnDef::new("bytes");
        // A plain `blob` of MySQL ends just below 64 KiB.
        match manager.get_database_backend() {
            DbBackend::MySql => bytes.custom("mediumblob"),
            _ => bytes.blob(),
        };
        let files = table(manager, "look_files")
            .col(ColumnDef::new("name").string_len(FILE_LENGTH).not_null().primary_key())
            .col(bytes.not_null())
            .col(moment(manager, "made_at").not_null())
            .take();
        manager.create_table(files).await?;
        let looks = table(manager, "looks")
            .col(ColumnDef::new("name").string_len(NAME_LENGTH).not_null().primary_key())
            .col(ColumnDef::new("look").text().not_null())
            .col(ColumnDef::new("logo").string_len(FILE_LENGTH))
            .col(ColumnDef::new("style").string_len(FILE_LENGTH).not_null())
            .col(moment(manager, "updated_at").not_null())
            .take();
        manager.create_table(looks).await
    }
}
