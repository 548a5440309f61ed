//! The schema of reservations.

mod m20261201_000001_reservations;
mod m20261203_000002_payment_keys;
mod m20261204_000003_causes;

use domain::message::topic::RESERVATION_EVENTS;
use ledger::{Right, Schema, Table, call_tables, common_tables};

/// Longest trace id of a chain of messages.
pub(crate) const TRACE_LENGTH: u32 = 64;

/// Rows that are made and changed, and that stay.
const KEPT: &[Right] = &[Right::Select, Right::Insert, Right::Update];

/// The tables of reservations.
pub static SCHEMA: Schema = Schema {
    name: "reservation_service",
    file: "reservation_service.sqlite",
    topics: &[RESERVATION_EVENTS],
    migrations: |database| {
        vec![
            Box::new(m20261201_000001_reservations::Migration),
            common_tables(database),
            call_tables(),
            Box::new(m20261203_000002_payment_keys::Migration),
            Box::new(m20261204_000003_causes::Migration),
        ]
    },
    tables: &[
        Table { name: "reservations", rights: KEPT },
        // A swap gives seats up, and their rows go.
        Table { name: "reservation_seats", rights: &[Right::Select, Right::Insert, Right::Update, Right::Delete] },
        Table { name: "hold_counter", rights: &[Right::Select, Right::Update] },
        Table { name: "cancelled_schedules", rights: KEPT },
        ledger::places::TABLE,
        ledger::calls::AUDIT_TABLE,
        ledger::calls::KEPT_TABLE,
    ],
};
