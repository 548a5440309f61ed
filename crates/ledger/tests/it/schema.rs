//! Whose tables they are.

use crate::support::engine::{Site, on_every_database};
use crate::support::raw::Raw;
use crate::support::{Books, issued, patient};
use ledger::{Ledger, LedgerError, LedgerOptions, SchemaState, api_keys, campaigns, coupons, embedded_url};

on_every_database!(
    a_new_database_lacks_everything_and_migrating_twice_is_migrating_once,
    a_database_of_a_newer_program_is_left_alone_and_says_so,
    of_many_programs_that_begin_at_once_one_makes_the_tables,
    rows_of_every_earlier_version_are_kept,
);

async fn connect(site: &Site) -> Ledger {
    Ledger::connect(&site.url, patient()).await.expect("connects")
}

async fn a_new_database_lacks_everything_and_migrating_twice_is_migrating_once(site: Site) {
    let ledger = connect(&site).await;
    assert!(matches!(ledger.schema_state().await, Ok(SchemaState::Behind(missing)) if missing.len() == 3));
    assert_eq!(ledger.is_migrated().await, Ok(false));
    ledger.migrate().await.expect("migrates");
    ledger.migrate().await.expect("migrates again");
    assert_eq!(ledger.is_migrated().await, Ok(true));
    ledger.ping().await.expect("answers");
}

async fn a_database_of_a_newer_program_is_left_alone_and_says_so(site: Site) {
    let books = Books::open(site).await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_later', 0)";
    books.raw().await.run(newer).await.expect("written");
    let refused = books.ledger.migrate().await.expect_err("refused");
    assert!(matches!(&refused, LedgerError::Schema(text) if text.contains("m20990101_000001_later")), "{refused}");
    assert!(matches!(books.ledger.is_migrated().await, Err(LedgerError::Schema(_))));
}

async fn of_many_programs_that_begin_at_once_one_makes_the_tables(site: Site) {
    let mut ledgers = Vec::new();
    for _ in 0..6 {
        ledgers.push(connect(&site).await);
    }
    let starts = ledgers.into_iter().map(|ledger| tokio::spawn(async move { ledger.migrate().await }));
    for start in starts.collect::<Vec<_>>() {
        assert_eq!(start.await.expect("ran"), Ok(()));
    }
    let steps = Raw::open(&site).await.numbers("SELECT count(*) FROM seaql_migrations").await;
    assert_eq!(steps, [3]);
}

/// The tables that each step made, in order.
const STEPS: [(&str, &[&str]); 3] = [
    ("m20261121_000001_coupons", &["user_coupons", "coupons", "stock_grants", "events"]),
    ("m20261121_000002_messages", &["outbox_events", "processed_events"]),
    ("m20261121_000003_api_keys", &["api_keys"]),
];

async fn rows_of_every_earlier_version_are_kept(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    assert_eq!(books.keep(&[issued(&sale, 1)]).await, []);
    let raw = books.raw().await;
    // Back to each earlier version in turn, by taking away what came after it.
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

#[tokio::test]
async fn what_is_no_database_or_can_not_be_opened_is_unreachable() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = embedded_url(&folder.path().join("nowhere"));
    let refused = Ledger::connect(&missing, LedgerOptions::default()).await.expect_err("no folder");
    assert!(matches!(refused, LedgerError::Unreachable(_)), "{refused:?}");
    std::fs::write(folder.path().join("coupon_service.sqlite"), vec![b'x'; 8192]).expect("written");
    let refused = Ledger::connect(&embedded_url(folder.path()), LedgerOptions::default()).await.expect_err("garbage");
    assert!(matches!(refused, LedgerError::Unreachable(_)), "{refused:?}");
}

#[tokio::test]
async fn a_locked_database_is_unreachable_and_not_a_refusal() {
    let books = Books::open(Site::sqlite()).await;
    let options = LedgerOptions { busy_timeout: std::time::Duration::ZERO, ..LedgerOptions::default() };
    let hurried = Ledger::connect(&books.site.url, options).await.expect("connects");
    let other = books.raw().await;
    other.run("BEGIN IMMEDIATE").await.expect("holds the writer's place");
    let refused = hurried.begin().await.expect_err("locked");
    assert!(matches!(refused, LedgerError::Unreachable(_)), "{refused:?}");
}

#[tokio::test]
async fn a_folder_with_odd_characters_is_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let odd = folder.path().join("50% of #1? 한글");
    std::fs::create_dir(&odd).expect("made");
    let ledger = Ledger::connect(&embedded_url(&odd), LedgerOptions::default()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    assert!(odd.join("coupon_service.sqlite").exists());
}
