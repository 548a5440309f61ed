//! Reservations and their seats, the counter of holds, cancelled schedules, and the places of consumers.
//!
//! ```text
//! reservations 1 --- n reservation_seats     unique while live: (schedule, seat), (schedule, person, slot)
//! hold_counter       one row: the number of the hold that was drawn last
//! ```
//!
//! `reservation_seats` names its reservation without a foreign key: the number of a hold is drawn after its live rows and is part
//! of the reservation's row, so the seats are written first.

use ledger::columns::{moment, table};
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// First tables of reservations.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Longest name of a gate.
const GATE_LENGTH: u32 = 128;
/// Longest name of a consumer group or of a topic.
const NAME_LENGTH: u32 = 128;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(reservations(manager)).await?;
        manager.create_table(reservation_seats(manager)).await?;
        manager.create_table(hold_counter(manager)).await?;
        manager.create_table(cancelled_schedules(manager)).await?;
        manager.create_table(consumer_places(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let first = Query::insert()
            .into_table("hold_counter")
            .columns(["id", "value"])
            .values_panic([1.into(), 0.into()])
            .take();
        manager.execute(first).await
    }
}

fn id(column: &'static str) -> ColumnDef {
    ColumnDef::new(column).uuid().not_null().take()
}

/// A word of the program, or a name that is compared byte by byte.
fn word(manager: &SchemaManager<'_>, column: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(column).string_len(length).take();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// `hold_no` is the number of the latest hold, `claimed_hold_no` the one that is paid: re-taking draws another one. `ask_at` is
/// when payment is asked, `sold_shown_at` when the catalog has shown all its seats as sold.
fn reservations(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let is_claimed = || Expr::col("payment_id").is_not_null();
    let cancelled_for_a_reason = Expr::col("status").ne("CANCELLED").or(Expr::col("cancel_reason").is_not_null());
    let confirmed_with_ticket =
        Expr::col("status").ne("CONFIRMED").or(Expr::col("ticket_number").is_not_null().and(is_claimed()));
    table(manager, "reservations")
        .col(id("id").primary_key())
        .col(id("user_id"))
        .col(id("schedule_id"))
        .col(id("event_id"))
        .col(word(manager, "status", 9).not_null())
        .col(ColumnDef::new("total_amount").big_integer().not_null())
        .col(moment(manager, "hold_expires_at").not_null())
        .col(ColumnDef::new("hold_no").big_integer().not_null())
        .col(word(manager, "cancel_reason", 20))
        .col(word(manager, "ticket_number", 20))
        .col(moment(manager, "used_at"))
        .col(ColumnDef::new("used_gate").string_len(GATE_LENGTH))
        .col(ColumnDef::new("payment_id").uuid())
        .col(ColumnDef::new("payment_key").uuid())
        .col(moment(manager, "claimed_at"))
        .col(ColumnDef::new("claimed_amount").big_integer())
        .col(ColumnDef::new("claimed_hold_no").big_integer())
        .col(moment(manager, "secured_at"))
        .col(moment(manager, "extended_at"))
        .col(word(manager, "payment_state", 8).not_null())
        .col(ColumnDef::new("paid_amount").big_integer())
        .col(moment(manager, "confirmed_at"))
        .col(moment(manager, "cancelled_at"))
        .col(moment(manager, "ask_at"))
        .col(moment(manager, "sold_shown_at"))
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "updated_at").not_null())
        .check(("ck_reservations_status", Expr::col("status").is_in(["PENDING", "CONFIRMED", "CANCELLED"])))
        .check(("ck_reservations_reason", cancelled_for_a_reason))
        .check(("ck_reservations_ticket", confirmed_with_ticket))
        .check(("ck_reservations_amount", Expr::col("total_amount").gte(0)))
        .index(Index::create().name("uq_reservations_hold_no").col("hold_no").unique())
        .index(Index::create().name("uq_reservations_ticket_number").col("ticket_number").unique())
        .index(Index::create().name("uq_reservations_payment_id").col("payment_id").unique())
        .take()
}

/// `live` is 1 or NULL: a key with NULL is unique with every other. `slot` counts a person's seats of a schedule from 1.
fn reservation_seats(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let live = Expr::col("live").is_null().or(Expr::col("live").eq(1));
    let one_owner =
        Index::create().name("uq_reservation_seats_seat").col("schedule_id").col("seat_id").col("live").unique().take();
    let one_slot = Index::create()
        .name("uq_reservation_seats_slot")
        .col("schedule_id")
        .col("user_id")
        .col("slot")
        .col("live")
        .unique()
        .take();
    table(manager, "reservation_seats")
        .col(id("reservation_id"))
        .col(id("schedule_id"))
        .col(id("seat_id"))
        .col(id("user_id"))
        .col(ColumnDef::new("seat_number").string_len(32).not_null())
        .col(word(manager, "grade", 3).not_null())
        .col(ColumnDef::new("price").big_integer().not_null())
        .col(ColumnDef::new("slot").small_integer().not_null())
        .col(ColumnDef::new("live").small_integer())
        .col(moment(manager, "created_at").not_null())
        .primary_key(Index::create().name("pk_reservation_seats").col("reservation_id").col("seat_id"))
        .check(("ck_reservation_seats_live", live))
        .check(("ck_reservation_seats_slot", Expr::col("slot").gte(1)))
        .check(("ck_reservation_seats_price", Expr::col("price").gte(0)))
        .index(&mut one_owner.clone())
        .index(&mut one_slot.clone())
        .take()
}

fn hold_counter(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "hold_counter")
        .col(ColumnDef::new("id").small_integer().not_null().primary_key())
        .col(ColumnDef::new("value").big_integer().not_null())
        .check(("ck_hold_counter_one", Expr::col("id").eq(1)))
        .take()
}

fn cancelled_schedules(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "cancelled_schedules")
        .col(id("schedule_id").primary_key())
        .col(moment(manager, "created_at").not_null())
        .take()
}

/// `next_offset` is the first message of the partition that the group has not had.
fn consumer_places(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "consumer_places")
        .col(word(manager, "consumer", NAME_LENGTH).not_null())
        .col(word(manager, "topic", NAME_LENGTH).not_null())
        .col(ColumnDef::new("partition_no").integer().not_null())
        .col(ColumnDef::new("next_offset").big_integer().not_null())
        .col(moment(manager, "updated_at").not_null())
        .primary_key(Index::create().name("pk_consumer_places").col("consumer").col("topic").col("partition_no"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &'static str| Index::create().name(name).table("reservations").take();
    vec![
        on("ix_reservations_user").col("user_id").col("created_at").take(),
        on("ix_reservations_schedule_status").col("schedule_id").col("status").take(),
        // The sweep: holds without a payment that is kept, the oldest end first.
        on("ix_reservations_end").col("status").col("secured_at").col("hold_expires_at").take(),
        on("ix_reservations_ask_at").col("ask_at").take(),
        // Tickets whose seats the catalog does not show as sold yet.
        on("ix_reservations_sold_shown").col("status").col("sold_shown_at").take(),
    ]
}
