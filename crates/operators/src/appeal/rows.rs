//! The table of answers, in the coupon schema: its migration, its rights and its upkeep.

use super::row::{Column, Entity};
use domain::Timestamp;
use ledger::columns::{moment, name, table};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Right, StoredId, Table};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sea_orm_migration::prelude::*;

/// The table.
pub const TABLE: Table = Table { name: "appeal_answers", rights: &[Right::Select, Right::Insert, Right::Delete] };

/// Rows removed in one statement: no other change waits long for SQLite's write lock.
const PURGED_AT_ONCE: u64 = 500;

/// The migration that makes it, for the schema that keeps it.
pub fn appeal_table() -> Box<dyn MigrationTrait> {
    Box::new(Migration)
}

struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261202_000001_appeal_answers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut answers = table(manager, "appeal_answers")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(moment(manager, "at").not_null())
            .col(ColumnDef::new("role").string_len(16).not_null())
            .col(ColumnDef::new("route").string_len(128).not_null())
            .col(ColumnDef::new("status").integer().not_null())
            .col(ColumnDef::new("code").string_len(64))
            .col(ColumnDef::new("target").string_len(300))
            .col(ColumnDef::new("trace_id").string_len(64).not_null())
            .col(name(manager, "user_id"))
            .col(ColumnDef::new("times").big_integer().not_null())
            .take();
        let indexes = [
            Index::create().name("ix_appeal_answers_at").col("at").take(),
            Index::create().name("ix_appeal_answers_user").col("user_id").col("at").take(),
            Index::create().name("ix_appeal_answers_trace").col("trace_id").take(),
        ];
        if manager.get_database_backend() == DbBackend::MySql {
            for mut index in indexes {
                answers.index(&mut index);
            }
            return manager.create_table(answers).await;
        }
        manager.create_table(answers).await?;
        for mut index in indexes {
            manager.create_index(index.if_not_exists().table("appeal_answers").take()).await?;
        }
        Ok(())
    }
}

/// Removes what is older than `kept_days`, and the oldest beyond `rows_max`, in small steps. Returns the number of rows.
///
/// # Errors
/// [`LedgerError`]; the next run removes the rest.
pub async fn purge(ledger: &Ledger, now: Timestamp, kept_days: u32, rows_max: u64) -> Result<u64, LedgerError> {
    let too_old = now.plus_seconds(-i64::from(kept_days) * 86_400);
    let first_beyond: Option<DateTimeUtc> = Entity::find()
        .select_only()
        .column(Column::At)
        .order_by_desc(Column::At)
        .offset(rows_max)
        .limit(1)
        .into_tuple()
        .one(ledger.connection())
        .await?;
    let end = first_beyond.map_or(stored(too_old), |beyond| Ord::max(beyond, stored(too_old)));
    let mut removed = 0;
    loop {
        let old: Vec<StoredId> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::At.lte(end))
            .limit(PURGED_AT_ONCE)
            .into_tuple()
            .all(ledger.connection())
            .await?;
        if old.is_empty() {
            return Ok(removed);
        }
        let gone = Entity::delete_many().filter(Column::Id.is_in(old)).exec(ledger.connection()).await?;
        // An id that another program wrote in capitals is read, and not found again.
        if gone.rows_affected == 0 {
            return Ok(removed);
        }
        removed += gone.rows_affected;
    }
}

type DateTimeUtc = sea_orm::entity::prelude::DateTimeUtc;
