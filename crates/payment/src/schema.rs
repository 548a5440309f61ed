//! The schema of the payment role.

mod m20261130_000001_payments;
mod m20261203_000002_due;
mod m20261204_000003_refund_words;

use domain::message::topic::PAYMENT_EVENTS;
use ledger::{Right, Schema, Table, call_tables, common_tables, place_table};
use sea_orm_migration::MigrationTrait;

/// The tables of the payment role.
pub static SCHEMA: Schema = Schema {
    name: "payment_service",
    file: "payment_service.sqlite",
    topics: &[PAYMENT_EVENTS],
    migrations: |database| {
        let first: [Box<dyn MigrationTrait>; 3] =
            [Box::new(m20261130_000001_payments::Migration), common_tables(database), call_tables()];
        let later: [Box<dyn MigrationTrait>; 3] = [
            Box::new(m20261203_000002_due::Migration),
            Box::new(m20261204_000003_refund_words::Migration),
            place_table(),
        ];
        first.into_iter().chain(later).collect()
    },
    tables: &[
        Table { name: "payments", rights: &[Right::Select, Right::Insert, Right::Update] },
        Table { name: "refunds", rights: &[Right::Select, Right::Insert, Right::Update] },
        // Those that were answered over a month ago go.
        Table { name: "webhooks", rights: &[Right::Select, Right::Insert, Right::Update, Right::Delete] },
        Table { name: "marks", rights: &[Right::Select, Right::Insert, Right::Update] },
        ledger::places::TABLE,
        ledger::calls::AUDIT_TABLE,
        ledger::calls::KEPT_TABLE,
    ],
};

/// Longest webhook id, transaction id and the like, in characters.
pub(crate) const TEXT_LENGTH: u32 = 255;
