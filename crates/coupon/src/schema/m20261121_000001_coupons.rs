//! Campaigns, grants of stock, coupons, and their holders.
//!
//! ```text
//! events 1 --- n stock_grants 1 --- n coupons 1 --- 1 user_coupons
//! ```

use ledger::columns::{moment, name, table};
use sea_orm_migration::prelude::*;

/// First tables of the coupon service.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(events(manager)).await?;
        manager.create_table(stock_grants(manager)).await?;
        manager.create_table(coupons(manager)).await?;
        manager.create_table(user_coupons(manager)).await
    }
}

fn events(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "events")
        .col(ColumnDef::new("id").big_integer().not_null().auto_increment().primary_key())
        .col(name(manager, "tenant").not_null())
        .col(name(manager, "event_id").not_null())
        .col(ColumnDef::new("name").string_len(200).not_null())
        .col(ColumnDef::new("stock").integer().not_null())
        .col(ColumnDef::new("per_user_limit").integer().not_null())
        .col(ColumnDef::new("gated").boolean().not_null())
        .col(moment(manager, "opens_at"))
        .col(moment(manager, "closes_at"))
        .col(ColumnDef::new("opened").boolean().not_null())
        .col(ColumnDef::new("paused").boolean().not_null())
        .col(ColumnDef::new("closed").boolean().not_null())
        .col(ColumnDef::new("discount_type").string_len(16))
        .col(ColumnDef::new("discount_value").big_integer())
        .col(ColumnDef::new("discount_max_amount").big_integer())
        .col(ColumnDef::new("min_order_amount").big_integer().not_null())
        .col(moment(manager, "valid_from"))
        .col(moment(manager, "valid_until"))
        .col(ColumnDef::new("valid_days_after_issue").integer())
        .col(ColumnDef::new("revision").big_integer().not_null())
        .col(moment(manager, "created_at").not_null())
        .check(("ck_events_stock", Expr::col("stock").gte(1)))
        .check(("ck_events_per_user_limit", Expr::col("per_user_limit").gte(1)))
        .check(("ck_events_discount_type", Expr::col("discount_type").is_in(["percent", "fixed"])))
        .index(Index::create().name("uq_events_tenant_event").col("tenant").col("event_id").unique())
        .take()
}

fn stock_grants(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(manager, "stock_grants")
        .col(ColumnDef::new("campaign_id").big_integer().not_null())
        .col(ColumnDef::new("last_serial").integer().not_null())
        .col(moment(manager, "granted_at").not_null())
        .check(("ck_stock_grants_last_serial", Expr::col("last_serial").gte(1)))
        .primary_key(Index::create().name("pk_stock_grants").col("campaign_id").col("last_serial"))
        .foreign_key(
            ForeignKey::create().name("fk_stock_grants_event").from("stock_grants", "campaign_id").to("events", "id"),
        )
        .take()
}

/// The key to the grant covers the key to the campaign, so there is no second one.
fn coupons(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let in_stock = Expr::col("serial").gte(1).and(Expr::col("serial").lte(Expr::col("last_serial")));
    let live_has_number = Expr::col("status").eq("REVOKED").or(Expr::col("serial").is_not_null());
    let reserved = Expr::col("order_id").is_not_null().and(Expr::col("reserved_until").is_not_null());
    table(manager, "coupons")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("campaign_id").big_integer().not_null())
        .col(ColumnDef::new("serial").integer())
        .col(ColumnDef::new("former_serial").integer())
        .col(ColumnDef::new("last_serial").integer().not_null())
        .col(ColumnDef::new("status").string_len(16).not_null())
        .col(name(manager, "order_id"))
        .col(moment(manager, "reserved_until"))
        .col(ColumnDef::new("discount_amount").big_integer())
        .col(moment(manager, "issued_at").not_null())
        .check(("ck_coupons_serial_within_stock", in_stock))
        .check(("ck_coupons_live_has_serial", live_has_number))
        .check(("ck_coupons_status", Expr::col("status").is_in(["ISSUED", "RESERVED", "REDEEMED", "REVOKED"])))
        .check(("ck_coupons_reserved_for_order", Expr::col("status").ne("RESERVED").or(reserved)))
        .index(Index::create().name("uq_coupons_campaign_serial").col("campaign_id").col("serial").unique())
        .foreign_key(
            ForeignKey::create()
                .name("fk_coupons_stock_grant")
                .from("coupons", ("campaign_id", "last_serial"))
                .to("stock_grants", ("campaign_id", "last_serial")),
        )
        .take()
}

fn user_coupons(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let within_limit = Expr::col("nth_of_user").gte(1).and(Expr::col("nth_of_user").lte(Expr::col("per_user_limit")));
    table(manager, "user_coupons")
        .col(ColumnDef::new("coupon_id").uuid().not_null().primary_key())
        .col(ColumnDef::new("campaign_id").big_integer().not_null())
        .col(name(manager, "user_id").not_null())
        .col(ColumnDef::new("nth_of_user").integer().not_null())
        .col(ColumnDef::new("per_user_limit").integer().not_null())
        .check(("ck_user_coupons_within_limit", within_limit))
        .index(
            Index::create()
                .name("uq_user_coupons_campaign_user_nth")
                .col("campaign_id")
                .col("user_id")
                .col("nth_of_user")
                .unique(),
        )
        .foreign_key(
            ForeignKey::create().name("fk_user_coupons_coupon").from("user_coupons", "coupon_id").to("coupons", "id"),
        )
        .take()
}
