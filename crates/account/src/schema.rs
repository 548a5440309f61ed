//! The schema of the user role.

mod m20261130_000001_accounts;
mod m20261201_000002_mails;

use ledger::{Right, Schema, Table, call_tables, common_tables, place_table};
use sea_orm_migration::MigrationTrait;

/// The tables of the user role. It tells nobody anything: its outbox stays empty.
pub static SCHEMA: Schema = Schema {
    name: "user_service",
    file: "user_service.sqlite",
    topics: &[],
    migrations: |database| {
        let all: [Box<dyn MigrationTrait>; 5] = [
            Box::new(m20261130_000001_accounts::Migration),
            common_tables(database),
            call_tables(),
            Box::new(m20261201_000002_mails::Migration),
            place_table(),
        ];
        all.into_iter().collect()
    },
    tables: &[
        Table { name: "users", rights: &[Right::Select, Right::Insert, Right::Update] },
        Table { name: "refresh_tokens", rights: &[Right::Select, Right::Insert, Right::Update, Right::Delete] },
        Table { name: "login_history", rights: &[Right::Select, Right::Insert, Right::Delete] },
        Table { name: "used_verifications", rights: &[Right::Select, Right::Insert, Right::Update] },
        Table { name: "terms", rights: &[Right::Select, Right::Insert] },
        Table { name: "consents", rights: &[Right::Select, Right::Insert] },
        Table { name: "social_accounts", rights: &[Right::Select, Right::Insert, Right::Update, Right::Delete] },
        Table { name: "notices", rights: &[Right::Select, Right::Insert, Right::Update, Right::Delete] },
        ledger::places::TABLE,
        ledger::calls::AUDIT_TABLE,
        ledger::calls::KEPT_TABLE,
    ],
};
