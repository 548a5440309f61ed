//! Migrations, and databases that do not belong to this program.

use crate::support::{Books, TOYS};
use ledger::{Ledger, LedgerError, LedgerOptions, SchemaState};
use ledger_testkit::{Engine, Raw, Site, on_every_database, patient};

on_every_database!(
    a_new_database_lacks_every_migration_and_a_second_migration_changes_nothing,
    the_database_of_a_newer_program_is_refused_and_left_untouched,
    one_of_many_programs_that_start_at_once_makes_the_tables,
);

/// Migrations of [`TOYS`]: a SQLite file has one of its own.
fn steps(site: &Site) -> usize {
    if site.engine == Engine::Sqlite { 5 } else { 4 }
}

async fn connect(site: &Site) -> Ledger {
    Ledger::connect(&site.url, &TOYS, patient()).await.expect("connects")
}

async fn a_new_database_lacks_every_migration_and_a_second_migration_changes_nothing(site: Site) {
    let ledger = connect(&site).await;
    assert!(matches!(ledger.schema_state().await, Ok(SchemaState::Behind(missing)) if missing.len() == steps(&site)));
    assert_eq!(ledger.is_migrated().await, Ok(false));
    ledger.migrate().await.expect("migrates");
    ledger.migrate().await.expect("migrates again");
    assert_eq!(ledger.is_migrated().await, Ok(true));
    ledger.ping().await.expect("answers");
}

async fn the_database_of_a_newer_program_is_refused_and_left_untouched(site: Site) {
    let books = Books::open(site).await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_later', 0)";
    books.raw().await.run(newer).await.expect("written");
    let refused = books.ledger.migrate().await.expect_err("refused");
    assert!(matches!(&refused, LedgerError::Schema(text) if text.contains("m20990101_000001_later")), "{refused}");
    assert!(matches!(books.ledger.is_migrated().await, Err(LedgerError::Schema(_))));
}

async fn one_of_many_programs_that_start_at_once_makes_the_tables(site: Site) {
    let mut ledgers = Vec::new();
    for _ in 0..6 {
        ledgers.push(connect(&site).await);
    }
    let starts = ledgers.into_iter().map(|ledger| tokio::spawn(async move { ledger.migrate().await }));
    for start in starts.collect::<Vec<_>>() {
        assert_eq!(start.await.expect("ran"), Ok(()));
    }
    let run = Raw::open(&site, &TOYS).await.numbers("SELECT count(*) FROM seaql_migrations").await;
    assert_eq!(run, [steps(&site) as i64]);
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_unavailable() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = TOYS.embedded_url(&folder.path().join("nowhere"));
    let refused = Ledger::connect(&missing, &TOYS, LedgerOptions::default()).await.expect_err("no folder");
    assert!(matches!(refused, LedgerError::Unavailable(_)), "{refused:?}");
    std::fs::write(folder.path().join("toys.sqlite"), vec![b'x'; 8192]).expect("written");
    let refused =
        Ledger::connect(&TOYS.embedded_url(folder.path()), &TOYS, LedgerOptions::default()).await.expect_err("garbage");
    assert!(matches!(refused, LedgerError::Unavailable(_)), "{refused:?}");
}

#[tokio::test]
async fn a_locked_database_is_unavailable() {
    let books = Books::open(Site::sqlite()).await;
    let options = LedgerOptions { busy_timeout: std::time::Duration::ZERO, ..LedgerOptions::default() };
    let hurried = Ledger::connect(&books.site.url, &TOYS, options).await.expect("connects");
    let other = books.raw().await;
    other.run("BEGIN IMMEDIATE").await.expect("takes the write lock");
    let refused = hurried.begin().await.expect_err("locked");
    assert!(matches!(refused, LedgerError::Unavailable(_)), "{refused:?}");
}

#[tokio::test]
async fn a_folder_name_may_contain_special_characters() {
    let folder = tempfile::tempdir().expect("a folder");
    let odd = folder.path().join("50% of #1? 한글");
    std::fs::create_dir(&odd).expect("made");
    let ledger = Ledger::connect(&TOYS.embedded_url(&odd), &TOYS, LedgerOptions::default()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    assert!(odd.join("toys.sqlite").exists());
}
