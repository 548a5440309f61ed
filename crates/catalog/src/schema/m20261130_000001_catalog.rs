//! Venues, halls, events, schedules, seats.
//!
//! ```text
//! venues 1 --- n halls
//!    |              |
//!    +----- n events n -----+
//!           1
//!           n event_schedules n --- 1 seat_plans (the template as it was when the seats were made)
//!             1
//!             n seats
//! ```
//!
//! Rows of venues, halls and events are never removed: `live` is 1 until they are deleted, then NULL, so that a name is unique
//! among those that live.

use ledger::columns::{moment, table};
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// First tables of the catalog.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(venues(manager)).await?;
        manager.create_table(halls(manager)).await?;
        manager.create_table(seat_plans(manager)).await?;
        manager.create_table(events(manager)).await?;
        manager.create_table(event_schedules(manager)).await?;
        manager.create_table(seats(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// A text of operators. On PostgreSQL in the order of bytes, which is the order of the other databases: Korean stands in the
/// order of its alphabet in it.
fn text(manager: &SchemaManager<'_>, column: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(column).string_len(length).take();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// A text of several megabytes: MySQL's `text` ends at 64 KiB.
fn long_text(manager: &SchemaManager<'_>, column: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(column);
    match manager.get_database_backend() {
        DbBackend::MySql => column.custom("mediumtext"),
        _ => column.text(),
    };
    column
}

fn id() -> ColumnDef {
    ColumnDef::new("id").uuid().not_null().primary_key().take()
}

fn reference(column: &'static str) -> ColumnDef {
    ColumnDef::new(column).uuid().not_null().take()
}

fn key(from: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(format!("fk_{from}_{column}")).from(from, column).to(to, "id").take()
}

fn venues(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "venues")
        .col(id())
        .col(text(manager, "name", 200).not_null())
        .col(text(manager, "address", 300).not_null())
        .col(text(manager, "city", 100).not_null())
        .col(ColumnDef::new("live").small_integer())
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "updated_at").not_null())
        .take()
}

fn halls(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "halls")
        .col(id())
        .col(reference("venue_id"))
        .col(text(manager, "name", 100).not_null())
        .col(ColumnDef::new("capacity").integer().not_null())
        .col(long_text(manager, "seat_template").not_null())
        .col(ColumnDef::new("live").small_integer())
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "updated_at").not_null())
        .check(("ck_halls_capacity", Expr::col("capacity").gte(1).and(Expr::col("capacity").lte(100_000))))
        .index(Index::create().name("uq_halls_venue_name").col("venue_id").col("name").col("live").unique())
        .foreign_key(&mut key("halls", "venue_id", "venues"))
        .take()
}

fn seat_plans(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "seat_plans")
        .col(id())
        .col(long_text(manager, "seat_template").not_null())
        .col(moment(manager, "created_at").not_null())
        .take()
}

/// `search` is title and artist in lower case; `starts_at`, `ends_at` and `sale_starts_at` are the first and last times of its
/// schedules: lists filter and sort by them.
fn events(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "events")
        .col(id())
        .col(text(manager, "title", 300).not_null())
        .col(text(manager, "artist", 200).not_null())
        .col(long_text(manager, "description"))
        .col(text(manager, "search", 1600).not_null())
        .col(reference("venue_id"))
        .col(reference("hall_id"))
        .col(ColumnDef::new("status").string_len(16).not_null())
        .col(ColumnDef::new("price_by_grade").string_len(200).not_null())
        .col(moment(manager, "starts_at").not_null())
        .col(moment(manager, "ends_at").not_null())
        .col(moment(manager, "sale_starts_at").not_null())
        .col(ColumnDef::new("revision").big_integer().not_null())
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "updated_at").not_null())
        .col(moment(manager, "deleted_at"))
        .check(("ck_events_status", Expr::col("status").is_in(["PREPARING", "OPEN", "CANCELLED"])))
        .foreign_key(&mut key("events", "venue_id", "venues"))
        .foreign_key(&mut key("events", "hall_id", "halls"))
        .take()
}

/// `status` is UPCOMING or CANCELLED: all else follows from the times. `seats` are those for sale, `sold` those of them that
/// are sold; `hold_no` is the greatest number of a hold that was heard of.
fn event_schedules(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let in_order = Expr::col("event_start_at").lt(Expr::col("event_end_at"));
    let sale_in_order = Expr::col("sale_start_at").lt(Expr::col("sale_end_at"));
    let sold_within = Expr::col("sold").gte(0).and(Expr::col("sold").lte(Expr::col("seats")));
    table(manager, "event_schedules")
        .col(id())
        .col(reference("event_id"))
        .col(ColumnDef::new("play_sequence").integer().not_null())
        .col(moment(manager, "event_start_at").not_null())
        .col(moment(manager, "event_end_at").not_null())
        .col(moment(manager, "sale_start_at").not_null())
        .col(moment(manager, "sale_end_at").not_null())
        .col(ColumnDef::new("status").string_len(16).not_null())
        .col(reference("seat_plan_id"))
        .col(ColumnDef::new("seat_prefix").char_len(24).not_null())
        .col(ColumnDef::new("seats").integer().not_null())
        .col(ColumnDef::new("sold").integer().not_null())
        .col(ColumnDef::new("hold_no").big_integer())
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "updated_at").not_null())
        .check(("ck_event_schedules_event", in_order))
        .check(("ck_event_schedules_sale", sale_in_order))
        .check(("ck_event_schedules_sold", sold_within))
        .check(("ck_event_schedules_status", Expr::col("status").is_in(["UPCOMING", "CANCELLED"])))
        .index(Index::create().name("uq_event_schedules_sequence").col("event_id").col("play_sequence").unique())
        .index(Index::create().name("uq_event_schedules_prefix").col("seat_prefix").unique())
        .foreign_key(&mut key("event_schedules", "event_id", "events"))
        .foreign_key(&mut key("event_schedules", "seat_plan_id", "seat_plans"))
        .take()
}

fn seats(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let sold_to_somebody = Expr::col("status").ne("SOLD").or(Expr::col("sold_to").is_not_null());
    table(manager, "seats")
        .col(id())
        .col(reference("event_schedule_id"))
        .col(text(manager, "seat_number", 32).not_null())
        .col(ColumnDef::new("grade").string_len(3).not_null())
        .col(ColumnDef::new("price").big_integer().not_null())
        .col(ColumnDef::new("status").string_len(9).not_null().default("AVAILABLE"))
        .col(ColumnDef::new("hold_no").big_integer())
        .col(ColumnDef::new("sold_to").uuid())
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "updated_at"))
        .check(("ck_seats_grade", Expr::col("grade").is_in(["VIP", "S", "A", "B"])))
        .check(("ck_seats_price", Expr::col("price").gte(0).and(Expr::col("price").lte(1_000_000_000))))
        .check(("ck_seats_status", Expr::col("status").is_in(["AVAILABLE", "SOLD"])))
        .check(("ck_seats_sold_to", sold_to_somebody))
        .index(Index::create().name("uq_seats_schedule_number").col("event_schedule_id").col("seat_number").unique())
        .foreign_key(&mut key("seats", "event_schedule_id", "event_schedules"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let on = |name: &'static str, table: &'static str| Index::create().name(name).table(table).take();
    vec![
        on("ix_events_starts_at", "events").col("starts_at").take(),
        on("ix_events_ends_at", "events").col("ends_at").take(),
        on("ix_events_sale_starts_at", "events").col("sale_starts_at").take(),
        on("ix_events_hall_id", "events").col("hall_id").take(),
        on("ix_events_venue_id", "events").col("venue_id").take(),
        on("ix_event_schedules_event_end_at", "event_schedules").col("event_end_at").take(),
        on("ix_seats_schedule_status", "seats").col("event_schedule_id").col("status").take(),
    ]
}
