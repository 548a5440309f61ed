//! A remembered schedule keeps the message that told it, so that the ends of its reservations are consequences of that message; and
//! a claim may be provisional, while a coupon is asked for its discount. What older programs have written has neither.

use super::TRACE_LENGTH;
use sea_orm_migration::prelude::*;

/// The columns.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("cancelled_schedules", ColumnDef::new("correlation_id").string_len(TRACE_LENGTH).null().take()),
            ("cancelled_schedules", ColumnDef::new("causation_id").uuid().null().take()),
            ("reservations", ColumnDef::new("claim_is_provisional").small_integer().null().take()),
        ];
        for (table, mut column) in columns {
            // On MySQL a second run after a lost connection finds what the first has made.
            if !manager.has_column(table, column.get_column_name()).await? {
                manager.alter_table(Table::alter().table(table).add_column(&mut column).take()).await?;
            }
        }
        Ok(())
    }
}
