//! What the server and the user must allow, and what is said where they do not.

use super::server::{LOG_ALONE, Log, Shared, told, user_of};
use crate::support::{Books, TOYS};
use ledger::wal::WalOutbox;
use ledger::{Ledger, LedgerError};
use ledger_testkit::{Raw, Site, on_server, patient};

on_server!(postgres_15, Postgres15, super::Shared;
    a_user_without_the_right_is_told_how_to_get_it,
    a_user_that_owns_no_table_needs_the_publication_alone
);
on_server!(postgres_18, Postgres18, super::Shared;
    a_user_without_the_right_is_told_how_to_get_it,
    a_user_that_owns_no_table_needs_the_publication_alone
);
on_server!(plain_postgres_15, Postgres15, ledger_testkit::Site; a_server_without_logical_decoding_is_refused);
on_server!(plain_postgres_18, Postgres18, ledger_testkit::Site; a_server_without_logical_decoding_is_refused);
on_server!(mariadb, MariaDb, ledger_testkit::Site; another_database_is_refused);

async fn refusal(ledger: &Ledger) -> String {
    match WalOutbox::open(ledger.clone(), LOG_ALONE).await {
        Err(LedgerError::Schema(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

async fn a_server_without_logical_decoding_is_refused(site: Site) {
    let books = Books::open(site).await;
    let why = refusal(&books.ledger).await;
    assert!(why.contains("wal_level = logical") && why.contains("it is replica"), "{why}");
    let raw = books.raw().await;
    assert_eq!(raw.numbers("SELECT count(*) FROM pg_publication").await, [0], "nothing was made");
}

async fn another_database_is_refused(site: Site) {
    let books = Books::open(site).await;
    let why = refusal(&books.ledger).await;
    assert!(why.contains("needs PostgreSQL") && why.contains("poll"), "{why}");
    assert_eq!(ledger::wal::state(&books.ledger).await, Ok(None));
    assert_eq!(ledger::wal::drop_slot(&books.ledger).await, Ok(false));
}

#[tokio::test]
async fn a_file_is_refused() {
    another_database_is_refused(Site::sqlite()).await;
}

async fn a_user_without_the_right_is_told_how_to_get_it(given: Shared) {
    let (own, user) = (given.own, user_of(&given.site));
    own.execute(&format!("ALTER ROLE {user} NOREPLICATION"));
    let books = Books::open(given.site).await;
    let why = refusal(&books.ledger).await;
    let advice = format!("ALTER ROLE \"{user}\" REPLICATION;");
    assert!(why.contains(&advice), "{why}");
    own.execute(&advice);
    let wal = WalOutbox::open(books.ledger.clone(), LOG_ALONE).await.expect("the advice is right");
    assert_eq!(told(&wal).await, []);
}

/// As with `deploy/sql`: one user makes tables, another reads and writes rows.
async fn a_user_that_owns_no_table_needs_the_publication_alone(given: Shared) {
    let own = given.own;
    let books = Books::open(given.site).await;
    let user = format!("{}_svc", user_of(&books.site));
    let database = books.site.url.rsplit('/').next().expect("a database").to_owned();
    let administrator = Raw::to(&own.administrator(&database), books.site.engine, &TOYS).await;
    let grant = format!(
        "CREATE USER {user} PASSWORD 'change-me' REPLICATION; GRANT USAGE ON SCHEMA toy_service, common TO {user}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA common TO {user}; \
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA common TO {user}"
    );
    administrator.run(&grant).await.expect("granted");
    let url = format!("postgres://{user}:change-me@127.0.0.1:{}/{database}", own.port());
    let ledger = Ledger::connect(&url, &TOYS, patient()).await.expect("connects");
    let why = refusal(&ledger).await;
    let (_, advice) = why.split_once("run: ").expect("an advice");
    assert!(advice.starts_with("CREATE PUBLICATION"), "{why}");
    administrator.run(advice).await.expect("the advice is right");
    let log = Log { wal: WalOutbox::open(ledger, LOG_ALONE).await.expect("opens"), books };
    assert_eq!(log.told().await, []);
    log.append([1]).await;
    assert_eq!(log.told().await, [1]);
    administrator.run("ALTER PUBLICATION onsale_outbox SET TABLE common.outbox_events").await.expect("changed");
    let why = refusal(&log.books.ledger).await;
    let (_, advice) = why.split_once("run: ").expect("an advice");
    assert!(advice.starts_with("DROP PUBLICATION"), "{why}");
    administrator.run(advice).await.expect("the advice is right");
    WalOutbox::open(log.books.ledger.clone(), LOG_ALONE).await.expect("opens");
}
