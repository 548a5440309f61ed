//! The schema of the coupon service.

mod m20261121_000001_coupons;
mod m20261129_000006_archived;
mod m20261130_000007_by_user;
mod m20261202_000008_looks;

use domain::message::topic;
use ledger::{Right, Schema, Table, call_tables, common_tables, place_table};
use sea_orm_migration::MigrationTrait;

/// The tables of the coupon service. Its three roles (coupon, gate, issuer) use them with one database user.
pub static SCHEMA: Schema = Schema {
    name: "coupon_service",
    file: "coupon_service.sqlite",
    topics: &[topic::COUPON_EVENTS],
    migrations: |database| {
        let first: [Box<dyn MigrationTrait>; 2] =
            [Box::new(m20261121_000001_coupons::Migration), common_tables(database)];
        let archived: Box<dyn MigrationTrait> = Box::new(m20261129_000006_archived::Migration);
        let by_user: Box<dyn MigrationTrait> = Box::new(m20261130_000007_by_user::Migration);
        let looks: Box<dyn MigrationTrait> = Box::new(m20261202_000008_looks::Migration);
        first
            .into_iter()
            .chain(access::rows::migrations())
            .chain([call_tables(), archived, by_user, operators::appeal::appeal_table(), looks, place_table()])
            .collect()
    },
    tables: &[
        Table { name: "events", rights: &[Right::Select, Right::Insert, Right::Update] },
        Table { name: "stock_grants", rights: &[Right::Select, Right::Insert] },
        Table { name: "coupons", rights: &[Right::Select, Right::Insert, Right::Update] },
        // MySQL asks for the right to update where an insert passes over existing rows.
        Table { name: "user_coupons", rights: &[Right::Select, Right::Insert, Right::Update] },
        ledger::places::TABLE,
        access::rows::TABLE,
        ledger::calls::AUDIT_TABLE,
        ledger::calls::KEPT_TABLE,
        access::rows::tenants::TABLE,
        operators::appeal::TABLE,
        crate::rows::looks::TABLE,
        crate::rows::looks::FILES_TABLE,
    ],
};
