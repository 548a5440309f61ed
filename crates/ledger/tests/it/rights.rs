//! Users with little rights: as `deploy/sql` makes them, and with less.

use crate::support::engine::{Engine, Site, on_every_server};
use crate::support::raw::Raw;
use crate::support::server::Own;
use crate::support::{Books, campaign, issued, message, patient};
use domain::Timestamp;
use ledger::{Ledger, LedgerError, SchemaState, campaigns, coupons, outbox, processed};

on_every_server!(
    crate::support::server::Own;
    the_users_of_the_documented_file_have_just_the_rights_they_need,
    a_user_who_may_not_make_what_is_missing_is_told_who_must_run_which_line,
);

const POSTGRES: &str = include_str!("../../../../deploy/sql/postgres.sql");
const MYSQL: &str = include_str!("../../../../deploy/sql/mysql.sql");
const LATER: Timestamp = Timestamp(253_402_300_799_000);

/// The url of a user in the database that the file is about.
fn url(own: &Own, user: &str) -> String {
    let (scheme, database) =
        if own.engine.is_postgres() { ("postgres", "ticketing") } else { ("mysql", "coupon_service") };
    format!("{scheme}://{user}:change-me@127.0.0.1:{}/{database}", own.port())
}

async fn connect(url: &str) -> Result<Ledger, LedgerError> {
    Ledger::connect(url, patient()).await
}

async fn run_file(own: &Own) {
    let (database, file) = if own.engine.is_postgres() { ("ticketing", POSTGRES) } else { ("mysql", MYSQL) };
    if own.engine.is_postgres() {
        own.execute("CREATE DATABASE ticketing");
    }
    Raw::to(&own.administrator(database), own.engine).await.run(file).await.expect("the file is carried out");
}

async fn the_users_of_the_documented_file_have_just_the_rights_they_need(own: Own) {
    run_file(&own).await;
    let service = connect(&url(&own, "coupon_svc_user")).await.expect("connects");
    assert!(matches!(service.schema_state().await, Ok(SchemaState::Behind(_))));
    let refused = service.migrate().await.expect_err("may not make tables");
    assert!(matches!(&refused, LedgerError::Schema(text) if text.contains("onsale migrate")), "{refused:?}");
    connect(&url(&own, "onsale_migrate")).await.expect("connects").migrate().await.expect("migrates");
    service.migrate().await.expect("there is nothing left to do");
    assert_eq!(service.is_migrated().await, Ok(true));
    let books = Books { ledger: service, site: Site::on_server(own.engine, url(&own, "coupon_svc_user")) };
    everything_works(&books).await;
    let raw = books.raw().await;
    assert_eq!(raw.numbers("SELECT count(*) FROM common.outbox_events").await, [0], "they stand where they should");
    for line in ["CREATE TABLE more (n INT)", "DROP TABLE coupons", "ALTER TABLE coupons ADD COLUMN n INT"] {
        raw.run(line).await.expect_err(line);
    }
    a_stranger_reads_nothing(&own).await;
}

async fn everything_works(books: &Books) {
    let sale = campaign("shop", "sale", 10);
    campaigns::create(&books.ledger, &sale).await.expect("created");
    campaigns::update(&books.ledger, &sale).await.expect("changed");
    assert_eq!(books.keep(&[issued(&sale, 1), issued(&sale, 2)]).await, []);
    assert_eq!(coupons::counts(&books.ledger, &sale.id).await.expect("counted").kept(), 2);
    let change = books.ledger.begin().await.expect("begins");
    processed::record(&change, "coupon-group", &[&message(1)]).await.expect("recorded");
    outbox::append(&change, "coupon.events", &message(1)).await.expect("written");
    change.commit().await.expect("commits");
    let waiting = outbox::next(&books.ledger, 10).await.expect("read");
    outbox::mark_published(&books.ledger, &[waiting[0].sequence]).await.expect("marked");
    assert_eq!(outbox::delete_published_before(&books.ledger, LATER).await, Ok(1));
    assert_eq!(processed::delete_before(&books.ledger, LATER).await, Ok(1));
}

async fn a_stranger_reads_nothing(own: &Own) {
    let (stranger, wanted) = if own.engine.is_postgres() {
        own.execute("CREATE USER stranger PASSWORD 'change-me'");
        own.execute("GRANT CONNECT ON DATABASE ticketing TO stranger");
        (url(own, "stranger"), "permission denied for schema")
    } else {
        own.execute("CREATE USER stranger@'%' IDENTIFIED BY 'change-me'; CREATE DATABASE other; GRANT ALL ON other.* TO stranger@'%'");
        (url(own, "stranger").replace("/coupon_service", "/other"), "denied")
    };
    let raw = Raw::to(&stranger, own.engine).await;
    for table in ["coupon_service.coupons", "coupon_service.events", "common.outbox_events"] {
        let refused = raw.run(&format!("SELECT * FROM {table}")).await.expect_err("another service's");
        assert!(refused.contains(wanted), "{refused}");
    }
}

async fn a_user_who_may_not_make_what_is_missing_is_told_who_must_run_which_line(own: Own) {
    let tells = |refused: LedgerError, line: &str| {
        assert!(matches!(&refused, LedgerError::Schema(text) if text.contains(line)), "{refused:?}");
    };
    if own.engine == Engine::MariaDb {
        own.execute("CREATE USER coupon_svc_user@'%' IDENTIFIED BY 'change-me'");
        let refused = connect(&url(&own, "coupon_svc_user")).await.expect_err("nothing is there");
        tells(refused, "CREATE DATABASE `coupon_service` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; GRANT ");
        own.execute("GRANT ALL ON coupon_service.* TO coupon_svc_user@'%'");
        let ledger = connect(&url(&own, "coupon_svc_user")).await.expect("may make the one");
        assert!(matches!(ledger.schema_state().await, Ok(SchemaState::Behind(missing)) if missing.len() == 3));
        tells(ledger.migrate().await.expect_err("may not make the other"), "CREATE DATABASE `common` CHARACTER SET");
        own.execute("GRANT ALL ON common.* TO coupon_svc_user@'%'");
        ledger.migrate().await.expect("may make both");
        assert_eq!(ledger.is_migrated().await, Ok(true));
        return;
    }
    own.execute("CREATE USER coupon_svc_user PASSWORD 'change-me'");
    let refused = connect(&url(&own, "coupon_svc_user")).await.expect_err("no database");
    tells(refused, "CREATE DATABASE \"ticketing\" OWNER \"coupon_svc_user\";");
    own.execute("CREATE DATABASE ticketing");
    let ledger = connect(&url(&own, "coupon_svc_user")).await.expect("connects");
    let refused = ledger.migrate().await.expect_err("may not make schemas");
    tells(refused, "CREATE SCHEMA coupon_service AUTHORIZATION \"coupon_svc_user\";");
    own.execute("ALTER DATABASE ticketing OWNER TO coupon_svc_user");
    ledger.migrate().await.expect("may make both");
    assert_eq!(ledger.is_migrated().await, Ok(true));
}
