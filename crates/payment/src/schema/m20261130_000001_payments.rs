//! Payments, their refunds, and notices of PortOne.

use crate::schema::TEXT_LENGTH;
use ledger::columns::{moment, table};
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// Longest trace id.
const TRACE_LENGTH: u32 = 64;
/// Longest word of a status, a kind, a reason of ours.
const WORD_LENGTH: u32 = 32;

/// First tables of the payment role.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = |name: &'static str| Index::create().name(name).take();
        let indexes = [
            index("ix_payments_user").col("user_id").col("created_at").take(),
            index("ix_payments_due").col("due_at").take(),
            index("ix_payments_coupon_due").col("coupon_due_at").take(),
            index("ix_payments_hold_no").col("hold_no").take(),
            index("ix_payments_cancelled_hold_no").col("cancelled_hold_no").take(),
            index("ix_payments_created").col("created_at").take(),
        ];
        create(manager, "payments", payments(manager), indexes).await?;
        let next = index("ix_refunds_next").col("next_at").take();
        create(manager, "refunds", refunds(manager), [next]).await?;
        let indexes = [
            index("ix_webhooks_done").col("done_at").col("received_at").take(),
            index("ix_webhooks_key").col("payment_key").take(),
        ];
        create(manager, "webhooks", webhooks(manager), indexes).await?;
        create(manager, "marks", marks(manager), []).await
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

fn word(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).string_len(WORD_LENGTH).take()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).string_len(TEXT_LENGTH).take()
}

/// One payment a reservation, for ever: `reservation_id` is unique, whatever the status (hole 10).
fn payments(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let is_decided = |status: &'static str| Expr::col("status").ne(status);
    let success_is_whole = Expr::col("status")
        .is_not_in(["SUCCESS", "REFUNDED"])
        .or(Expr::col("paid_at").is_not_null().and(Expr::col("portone_transaction_id").is_not_null()));
    let money = Expr::col("amount")
        .gt(0)
        .and(Expr::col("discount").gte(0))
        .and(Expr::col("captured_amount").gte(Expr::col("refunded_amount")))
        .and(Expr::col("refunded_amount").gte(0));
    let coupon = Expr::col("coupon_id").is_null().eq(Expr::col("coupon_state").is_null());
    table(manager, "payments")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("reservation_id").uuid().not_null())
        .col(ColumnDef::new("user_id").uuid().not_null())
        .col(ColumnDef::new("schedule_id").uuid().not_null())
        .col(ColumnDef::new("seat_ids").text().not_null())
        .col(ColumnDef::new("payment_key").uuid().not_null())
        .col(ColumnDef::new("amount").big_integer().not_null())
        .col(ColumnDef::new("discount").big_integer().not_null())
        .col(ColumnDef::new("coupon_id").uuid())
        .col(word("coupon_state"))
        .col(moment(manager, "coupon_due_at"))
        .col(ColumnDef::new("coupon_tries").integer().not_null())
        .col(word("payment_method").not_null())
        .col(word("status").not_null())
        .col(ColumnDef::new("hold_no").big_integer().not_null())
        .col(moment(manager, "hold_expires_at").not_null())
        .col(moment(manager, "registered_at"))
        .col(text("transaction_id_sent"))
        .col(text("portone_transaction_id"))
        .col(ColumnDef::new("portone_response").text())
        .col(text("card_name"))
        .col(word("card_number"))
        .col(word("failure_reason"))
        .col(moment(manager, "failed_at"))
        .col(moment(manager, "first_paid_at"))
        .col(moment(manager, "paid_at"))
        .col(ColumnDef::new("captured_amount").big_integer().not_null())
        .col(ColumnDef::new("refunded_amount").big_integer().not_null())
        .col(moment(manager, "refunded_at"))
        .col(moment(manager, "told_at"))
        .col(word("told_code"))
        .col(text("cancelled_reason"))
        .col(ColumnDef::new("cancelled_hold_no").big_integer())
        .col(ColumnDef::new("asked_by").uuid())
        .col(moment(manager, "asked_until"))
        .col(moment(manager, "due_at"))
        .col(moment(manager, "looked_at"))
        .col(ColumnDef::new("tries").integer().not_null())
        .col(ColumnDef::new("correlation_id").string_len(TRACE_LENGTH).not_null())
        .col(ColumnDef::new("causation_id").uuid())
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "updated_at").not_null())
        .check(("ck_payments_status", Expr::col("status").is_in(["PENDING", "SUCCESS", "FAILED", "REFUNDED"])))
        .check(("ck_payments_money", money))
        .check(("ck_payments_success_is_whole", success_is_whole))
        .check(("ck_payments_failed_has_reason", is_decided("FAILED").or(Expr::col("failure_reason").is_not_null())))
        .check(("ck_payments_refunded_has_time", is_decided("REFUNDED").or(Expr::col("refunded_at").is_not_null())))
        .check(("ck_payments_coupon_has_state", coupon))
        .index(Index::create().name("uq_payments_key").col("payment_key").unique())
        .index(Index::create().name("uq_payments_reservation").col("reservation_id").unique())
        .take()
}

fn refunds(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let done_has_time = Expr::col("status").ne("DONE").or(Expr::col("done_at").is_not_null());
    table(manager, "refunds")
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
        .col(moment(manager, "made_at").not_null())
        .col(moment(manager, "done_at"))
        .check(("ck_refunds_kind", Expr::col("kind").is_in(["ALL", "EXCESS"])))
        .check(("ck_refunds_status", Expr::col("status").is_in(["OWED", "DONE"])))
        .check(("ck_refunds_done_has_time", done_has_time))
        .index(Index::create().name("uq_refunds_payment_kind").col("payment_id").col("kind").unique())
        .foreign_key(ForeignKey::create().name("fk_refunds_payment").from("refunds", "payment_id").to("payments", "id"))
        .take()
}

/// `payment_key` is what came: notices come of payments that nobody here knows, and those are kept (hole 9).
fn webhooks(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "webhooks")
        .col(ColumnDef::new("webhook_id").string_len(TEXT_LENGTH).not_null().primary_key())
        .col(text("kind").not_null())
        .col(text("payment_key"))
        .col(moment(manager, "received_at").not_null())
        .col(moment(manager, "done_at"))
        .take()
}

/// How far work that is done now and then has come.
fn marks(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "marks").col(word("name").not_null().primary_key()).col(moment(manager, "at").not_null()).take()
}
