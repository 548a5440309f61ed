//! The schema of the coupon service.

mod m20261121_000001_coupons;

use domain::message::topic;
use ledger::{Right, Schema, Table, call_tables, common_tables};

/// The tables of the coupon service. Its three roles (coupon, gate, issuer) use them with one database user.
pub static SCHEMA: Schema = Schema {
    name: "coupon_service",
    file: "coupon_service.sqlite",
    topics: &[topic::COUPON_EVENTS],
    migrations: |database| {
        vec![
            Box::new(m20261121_000001_coupons::Migration),
            common_tables(database),
            access::rows::migration(),
            call_tables(),
        ]
    },
    tables: &[
        Table { name: "events", rights: &[Right::Select, Right::Insert, Right::Update] },
        Table { name: "stock_grants", rights: &[Right::Select, Right::Insert] },
        Table { name: "coupons", rights: &[Right::Select, Right::Insert, Right::Update] },
        // MySQL asks for the right to update where an insert passes over existing rows.
        Table { name: "user_coupons", rights: &[Right::Select, Right::Insert, Right::Update] },
        access::rows::TABLE,
        ledger::calls::AUDIT_TABLE,
        ledger::calls::KEPT_TABLE,
    ],
};
