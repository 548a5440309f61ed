//! Whose tables they are.

use crate::support::Books;
use ledger::{Ledger, LedgerError, LedgerOptions, SchemaState, embedded_url};

#[tokio::test]
async fn a_new_database_lacks_everything_and_migrating_twice_is_migrating_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger::connect(&embedded_url(folder.path()), LedgerOptions::default()).await.expect("connects");
    assert!(matches!(ledger.schema_state().await, Ok(SchemaState::Behind(missing)) if missing.len() == 3));
    assert_eq!(ledger.is_migrated().await, Ok(false));
    ledger.migrate().await.expect("migrates");
    ledger.migrate().await.expect("migrates again");
    assert_eq!(ledger.is_migrated().await, Ok(true));
    ledger.ping().await.expect("answers");
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone_and_says_so() {
    let books = Books::open().await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_later', 0)";
    books.raw().execute(newer, []).expect("written");
    let refused = books.ledger.migrate().await.expect_err("refused");
    assert!(matches!(&refused, LedgerError::Schema(text) if text.contains("m20990101_000001_later")), "{refused}");
    assert!(matches!(books.ledger.is_migrated().await, Err(LedgerError::Schema(_))));
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
    let books = Books::open().await;
    let options = LedgerOptions { busy_timeout: std::time::Duration::ZERO, ..LedgerOptions::default() };
    let hurried = Ledger::connect(&embedded_url(books.folder.path()), options).await.expect("connects");
    let other = books.raw();
    other.execute_batch("BEGIN IMMEDIATE").expect("holds the writer's place");
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
