//! Refunds have the words of the contract: status `REQUESTED` instead of `OWED`, time `created_at` instead of `made_at`. Notices
//! have `created_at`, too.

use crate::schema::TEXT_LENGTH;
use ledger::columns::{moment, table};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sea_orm_migration::prelude::*;

/// Longest trace id.
const TRACE_LENGTH: u32 = 64;
/// Longest word of a status, a kind.
const WORD_LENGTH: u32 = 32;
/// The check of the words before, and of those from now on.
const BEFORE: &str = "ck_refunds_status";
const CHECK: &str = "ck_refunds_word";
const WORDS: &str = "status IN ('REQUESTED', 'DONE')";
const RENAME: &str = "UPDATE refunds SET status = 'REQUESTED' WHERE status = 'OWED'";

/// The words.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => make_again(manager).await?,
            DbBackend::MySql => alter_on_mysql(manager).await?,
            _ => {
                let lines = [
                    "ALTER TABLE refunds RENAME COLUMN made_at TO created_at".to_owned(),
                    format!("ALTER TABLE refunds DROP CONSTRAINT {BEFORE}"),
                    RENAME.to_owned(),
                    format!("ALTER TABLE refunds ADD CONSTRAINT {CHECK} CHECK ({WORDS})"),
                ];
                run(manager, lines).await?;
            }
        }
        notices(manager).await
    }
}

async fn run<const N: usize>(manager: &SchemaManager<'_>, lines: [String; N]) -> Result<(), DbErr> {
    for line in lines {
        manager.get_connection().execute_unprepared(&line).await?;
    }
    Ok(())
}

/// The first answer of a question in its first column.
async fn first<T: sea_orm::TryGetable>(manager: &SchemaManager<'_>, question: String) -> Result<Option<T>, DbErr> {
    let question = Statement::from_string(manager.get_database_backend(), question);
    let row = manager.get_connection().query_one_raw(question).await?;
    row.map(|row| row.try_get_by_index::<T>(0)).transpose()
}

/// MySQL ends a transaction at each statement: each may be done already, by a first run that lost its connection.
async fn alter_on_mysql(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.has_column("refunds", "made_at").await? {
        let version: Option<String> = first(manager, "SELECT VERSION()".to_owned()).await?;
        let is_mariadb = version.is_some_and(|text| text.contains("MariaDB"));
        let drop = if is_mariadb { "DROP CONSTRAINT" } else { "DROP CHECK" };
        let rename = "CHANGE COLUMN made_at created_at datetime(6) NOT NULL";
        run(manager, [format!("ALTER TABLE refunds {rename}, {drop} {BEFORE}")]).await?;
    }
    run(manager, [RENAME.to_owned()]).await?;
    let known = format!(
        "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.table_constraints \
         WHERE constraint_schema = DATABASE() AND table_name = 'refunds' AND constraint_name = '{CHECK}'"
    );
    if first::<i64>(manager, known).await?.unwrap_or(0) == 0 {
        run(manager, [format!("ALTER TABLE refunds ADD CONSTRAINT {CHECK} CHECK ({WORDS})")]).await?;
    }
    Ok(())
}

/// SQLite changes no check: the table is made again with its rows.
async fn make_again(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.create_table(refunds(manager)).await?;
    let kept = "id, payment_id, kind, amount, reason, attempt, attempt_amount, attempt_cancellable, tries, next_at, \
                portone_cancellation_id, correlation_id, causation_id, done_at";
    let status = "CASE status WHEN 'OWED' THEN 'REQUESTED' ELSE status END";
    let lines = [
        format!(
            "INSERT INTO refunds_requested ({kept}, status, created_at) SELECT {kept}, {status}, made_at FROM refunds"
        ),
        "DROP TABLE refunds".to_owned(),
        "ALTER TABLE refunds_requested RENAME TO refunds".to_owned(),
    ];
    run(manager, lines).await?;
    manager.create_index(Index::create().name("ix_refunds_next").table("refunds").col("next_at").take()).await
}

fn refunds(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let word = |name: &'static str| ColumnDef::new(name).string_len(WORD_LENGTH).take();
    let text = |name: &'static str| ColumnDef::new(name).string_len(TEXT_LENGTH).take();
    let done_has_time = Expr::col("status").ne("DONE").or(Expr::col("done_at").is_not_null());
    let of_payment = ForeignKey::create()
        .name("fk_refunds_payment")
        .from("refunds_requested", "payment_id")
        .to("payments", "id")
        .take();
    table(manager, "refunds_requested")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("payment_id").uuid().not_null())
        .col(word("kind").not_null())
        .col(ColumnDef::new("amount").big_integer().not_null())
        .col(text("reason").not_null())
        .col(word("status").not_null())
        .col(ColumnDef::new("attempt").integer().not_null())
        .col(ColumnDef::new("attempt_amount").big_integer())
        .col(ColumnDef::new("attempt_cancellable").big_integer())
        .col(ColumnDef::new("tries").integer().not_null())
        .col(moment(manager, "next_at"))
        .col(text("portone_cancellation_id"))
        .col(ColumnDef::new("correlation_id").string_len(TRACE_LENGTH).not_null())
        .col(ColumnDef::new("causation_id").uuid())
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "done_at"))
        .check(("ck_refunds_kind", Expr::col("kind").is_in(["ALL", "EXCESS"])))
        .check((CHECK, Expr::cust(WORDS)))
        .check(("ck_refunds_done_has_time", done_has_time))
        .index(Index::create().name("uq_refunds_payment_kind").col("payment_id").col("kind").unique())
        .foreign_key(&mut of_payment.clone())
        .take()
}

async fn notices(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if !manager.has_column("webhooks", "created_at").await? {
        let mut created_at = moment(manager, "created_at");
        manager.alter_table(Table::alter().table("webhooks").add_column(&mut created_at).take()).await?;
    }
    run(manager, ["UPDATE webhooks SET created_at = received_at WHERE created_at IS NULL".to_owned()]).await
}
