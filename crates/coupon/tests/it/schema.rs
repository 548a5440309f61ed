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

/// The tables that each migration made, in order.
const STEPS: [(&str, &[&str]); 4] = [
    ("m20261121_000001_coupons", &["user_coupons", "coupons", "stock_grants", "events"]),
    ("m20261121_000002_messages", &["outbox_events", "processed_events"]),
    ("m20261121_000003_api_keys", &["api_keys"]),
    ("m20261129_000004_calls", &["audit_log", "idempotency_keys"]),
];

async fn rows_of_every_earlier_version_are_kept(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    assert_eq!(books.keep(&[issued(&sale, 1)]).await, []);
    let raw = books.raw().await;
    // Back to each earlier version in turn, by removing the later tables.
    for (step, tables) in STEPS.iter().skip(1).rev() {
        for table in *tables {
            raw.run(&format!("DROP TABLE {table}")).await.expect("dropped");
        }
        raw.run(&format!("DELETE FROM seaql_migrations WHERE version = '{step}'")).await.expect("forgotten");
        assert!(matches!(books.ledger.schema_state().await, Ok(SchemaState::Behind(missing)) if missing == [*step]));
        books.ledger.migrate().await.expect("migrates");
        assert_eq!(books.ledger.is_migrated().await, Ok(true));
        assert_eq!(campaigns::get(&books.ledger, &sale.id).await, Ok(Some(sale.clone())));
        assert_eq!(coupons::counts(&books.ledger, &sale.id).await.expect("counted").kept(), 1);
        assert_eq!(api_keys::list(&books.ledger).await, Ok(vec![]));
    }
}
