//! The schema of the catalog.

mod m20261130_000001_catalog;

use domain::message::event::EVENT_EVENTS;
use ledger::{Right, Schema, Table, call_tables, common_tables, place_table};

/// Rows that operators make and change, and that stay when they are deleted: others refer to them.
const KEPT: &[Right] = &[Right::Select, Right::Insert, Right::Update];

/// The tables of the catalog.
pub static SCHEMA: Schema = Schema {
    name: "event_service",
    file: "event_service.sqlite",
    topics: &[EVENT_EVENTS],
    migrations: |database| {
        vec![Box::new(m20261130_000001_catalog::Migration), common_tables(database), call_tables(), place_table()]
    },
    tables: &[
        Table { name: "venues", rights: KEPT },
        Table { name: "halls", rights: KEPT },
        Table { name: "seat_plans", rights: &[Right::Select, Right::Insert] },
        Table { name: "events", rights: KEPT },
        Table { name: "event_schedules", rights: KEPT },
        // Another hall makes new seats.
        Table { name: "seats", rights: &[Right::Select, Right::Insert, Right::Update, Right::Delete] },
        ledger::places::TABLE,
        ledger::calls::AUDIT_TABLE,
        ledger::calls::KEPT_TABLE,
    ],
};
