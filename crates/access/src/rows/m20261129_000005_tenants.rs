//! Tenants with values of their own. A tenant without a row has the values of all.

use ledger::columns::{name, table};
use sea_orm_migration::prelude::*;

/// Table of tenants.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tenants = table(manager, "tenants")
            .col(name(manager, "name").not_null().primary_key())
            .col(ColumnDef::new("max_campaigns").big_integer())
            .col(ColumnDef::new("max_lines").big_integer())
            .col(ColumnDef::new("max_keys").big_integer())
            .col(ColumnDef::new("max_streams").big_integer())
            .col(ColumnDef::new("max_coupons").big_integer())
            .col(ColumnDef::new("requests_per_second").big_integer())
            .take();
        manager.create_table(tenants).await
    }
}
