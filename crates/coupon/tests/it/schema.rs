//! The tables of the coupon service: the same as in every earlier version, whose databases open without loss.

use crate::support::{Books, issued};
use access::rows as api_keys;
use coupon::rows::{campaigns, coupons};
use ledger::SchemaState;
use ledger_testkit::{Site, on_every_database};

on_every_database!(rows_of_every_earlier_version_are_kept);

/// The tables of the first release in SQLite.
const FIRST_RELEASE: &str = include_str!("present_tables.sql");

#[tokio::test]
async fn the_tables_are_those_of_the_present_tables() {
    let books = Books::open(Site::sqlite()).await;
    let made = books.raw().await.texts("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name").await;
    assert_eq!(made.join("\n"), FIRST_RELEASE.trim_end());
}

/// How each migration is taken back, in order.
const STEPS: [(&str, &[&str]); 10] = [
    (
        "m20261121_000001_coupons",
        &["DROP TABLE user_coupons", "DROP TABLE coupons", "DROP TABLE stock_grants", "DROP TABLE events"],
    ),
    ("m20261121_000002_messages", &["DROP TABLE outbox_events", "DROP TABLE processed_events"]),
    // With the table that it changes.
    ("m20261204_000003_whole_messages", &[]),
    ("m20261129_000004_calls", &["DROP TABLE audit_log", "DROP TABLE idempotency_keys"]),
    ("m20261121_000003_api_keys", &["DROP TABLE api_keys"]),
    // Keys of the earlier version: `access/tests/it/api_keys.rs`.
    ("m20261129_000004_key_rights", &[]),
    ("m20261129_000005_tenants", &["DROP TABLE tenants"]),
    ("m20261129_000006_archived", &["ALTER TABLE events DROP COLUMN archived_at"]),
    // The index stays, and is found again.
    ("m20261130_000007_by_user", &[]),
    ("m20261206_000001_places", &["DROP TABLE consumer_places"]),
];

async fn rows_of_every_earlier_version_are_kept(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    assert_eq!(books.keep(&[issued(&sale, 1)]).await, []);
    let raw = books.raw().await;
    // Back to each earlier version in turn. What cannot be taken back alone goes with the step before it.
    let mut together = Vec::new();
    for (step, lines) in STEPS.iter().skip(1).rev() {
        together.push(*step);
        if lines.is_empty() {
            continue;
        }
        for line in *lines {
            raw.run(line).await.expect("taken back");
        }
        together.sort_unstable();
        for step in &together {
            raw.run(&format!("DELETE FROM seaql_migrations WHERE version = '{step}'")).await.expect("forgotten");
        }
        assert!(matches!(books.ledger.schema_state().await, Ok(SchemaState::Behind(missing)) if missing == together));
        together.clear();
        books.ledger.migrate().await.expect("migrates");
        assert_eq!(books.ledger.is_migrated().await, Ok(true));
        assert_eq!(campaigns::get(&books.ledger, &sale.id).await, Ok(Some(sale.clone())));
        assert_eq!(coupons::counts(&books.ledger, &sale.id).await.expect("counted").kept(), 1);
        assert_eq!(api_keys::list(&books.ledger).await, Ok(vec![]));
    }
}
