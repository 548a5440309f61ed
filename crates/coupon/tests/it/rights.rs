//! Database users with few rights: those of `deploy/sql`, and users with fewer.

use crate::support::{Books, campaign, issued, message};
use access::rows::{ApiKey, KeyKind};
use call::{Call, Keyed};
use coupon::rows::coupons::{Given, Wanted};
use coupon::rows::{campaigns, coupons};
use coupon::schema::SCHEMA;
use coupon::steps::{StepOutcome, Wish};
use domain::{Campaign, CouponId, Timestamp, UserId};
use ledger::calls::audit::{self, Filter};
use ledger::calls::kept::{self, Answer, Found};
use ledger::{Ledger, LedgerError, SchemaState, outbox, processed};
use ledger_testkit::{Engine, Own, Raw, Site, on_every_server, patient};
use std::collections::BTreeSet;
use uuid::Uuid;

on_every_server!(
    ledger_testkit::Own;
    the_users_of_the_documented_file_have_exactly_the_rights_they_need,
    the_rights_listed_in_the_schema_are_enough,
    a_user_without_rights_gets_the_statement_that_an_administrator_must_run,
);

const POSTGRES: &str = include_str!("../../../../deploy/sql/postgres.sql");
const MYSQL: &str = include_str!("../../../../deploy/sql/mysql.sql");
const LATER: Timestamp = Timestamp(253_402_300_799_000);

/// The URL of a user in the database of the file.
fn url(own: &Own, user: &str) -> String {
    let (scheme, database) =
        if own.engine.is_postgres() { ("postgres", "ticketing") } else { ("mysql", "coupon_service") };
    format!("{scheme}://{user}:change-me@127.0.0.1:{}/{database}", own.port())
}

async fn connect(url: &str) -> Result<Ledger, LedgerError> {
    Ledger::connect(url, &SCHEMA, patient()).await
}

async fn run_file(own: &Own) {
    let (database, file) = if own.engine.is_postgres() { ("ticketing", POSTGRES) } else { ("mysql", MYSQL) };
    if own.engine.is_postgres() {
        own.execute("CREATE DATABASE ticketing");
    }
    Raw::to(&own.administrator(database), own.engine, &SCHEMA).await.run(file).await.expect("the file is carried out");
}

async fn the_users_of_the_documented_file_have_exactly_the_rights_they_need(own: Own) {
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
    assert_eq!(
        raw.numbers("SELECT count(*) FROM common.outbox_events").await,
        [0],
        "the outbox is in the common schema"
    );
    for line in ["CREATE TABLE more (n INT)", "DROP TABLE coupons", "ALTER TABLE coupons ADD COLUMN n INT"] {
        raw.run(line).await.expect_err(line);
    }
    a_stranger_reads_nothing(&own).await;
}

async fn the_rights_listed_in_the_schema_are_enough(own: Own) {
    run_file(&own).await;
    connect(&url(&own, "onsale_migrate")).await.expect("connects").migrate().await.expect("migrates");
    let (database, mut lines) = if own.engine.is_postgres() {
        let user = "CREATE USER least PASSWORD 'change-me'; GRANT CONNECT ON DATABASE ticketing TO least; \
                    GRANT USAGE ON SCHEMA coupon_service, common TO least";
        ("ticketing", vec![user.to_owned()])
    } else {
        ("mysql", vec!["CREATE USER least IDENTIFIED BY 'change-me'".to_owned()])
    };
    let rights = SCHEMA.all_tables().map(|table| {
        let rights: Vec<&str> = table.rights.iter().map(|right| right.as_str()).collect();
        let container = if SCHEMA.tables.contains(table) { SCHEMA.name } else { "common" };
        format!("GRANT {} ON {container}.{} TO least", rights.join(", "), table.name)
    });
    lines.extend(rights);
    lines.push("GRANT SELECT ON coupon_service.seaql_migrations TO least".to_owned());
    let administrator = Raw::to(&own.administrator(database), own.engine, &SCHEMA).await;
    administrator.run(&lines.join("; ")).await.expect("granted");
    let ledger = connect(&url(&own, "least")).await.expect("connects");
    ledger.migrate().await.expect("there is nothing to do");
    everything_works(&Books { ledger, site: Site::on_server(own.engine, url(&own, "least")) }).await;
}

async fn everything_works(books: &Books) {
    let keyed = Keyed::new("shop/key/1".into(), "k".into(), "0".repeat(64));
    let call = Call::of_command("test").keyed(keyed.clone());
    call::within(call, all_changes_work(books)).await;
    assert_eq!(kept::find(&books.ledger, &keyed).await, Ok(Found::Done));
    let answer = Answer { status: 200, body: b"{}".to_vec(), location: None };
    assert_eq!(kept::keep(&books.ledger, &keyed, &answer).await, Ok(Found::Answer(answer)));
    assert_eq!(kept::purge(&books.ledger, LATER).await, Ok(1));
    let (entries, total) = audit::list(&books.ledger, &Filter::default(), 0, 100).await.expect("read");
    let actions: BTreeSet<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    let wanted = ["campaign.create", "campaign.stock", "coupon.revoke", "key.create", "key.revoke"];
    assert_eq!((actions, total), (BTreeSet::from(wanted), 5));
}

async fn all_changes_work(books: &Books) {
    let sale = campaign("shop", "sale", 10);
    campaigns::create(&books.ledger, &sale).await.expect("created");
    campaigns::update(&books.ledger, &sale).await.expect("changed");
    assert_eq!(books.keep(&[issued(&sale, 1), issued(&sale, 2)]).await, []);
    assert_eq!(books.keep(&[issued(&sale, 2), issued(&sale, 3)]).await, [], "with a repeated coupon");
    assert_eq!(coupons::counts(&books.ledger, &sale.id).await.expect("counted").kept(), 3);
    change_and_give(books, &sale).await;
    keys_work(books).await;
    let change = books.ledger.begin().await.expect("begins");
    processed::record(&change, "coupon-group", &[&message(1)]).await.expect("recorded");
    outbox::append(&change, "coupon.events", &message(1)).await.expect("written");
    change.commit().await.expect("commits");
    let waiting = outbox::next(&books.ledger, 10).await.expect("read");
    let sequences: Vec<i64> = waiting.iter().map(|one| one.sequence).collect();
    outbox::mark_published(&books.ledger, &sequences).await.expect("marked");
    assert_eq!(outbox::delete_published_before(&books.ledger, LATER).await, Ok(2), "the revocation's, too");
    assert_eq!(processed::delete_before(&books.ledger, LATER).await, Ok(1));
}

async fn change_and_give(books: &Books, sale: &Campaign) {
    let revoked = books.step(sale, CouponId(Uuid::from_u128(1)), Wish::Revoke { return_to_stock: true }).await;
    assert!(matches!(revoked, StepOutcome::Done(..)), "{revoked:?}");
    let user = UserId::new("lee").expect("a name");
    let wanted = Wanted { request_id: Uuid::from_u128(9), campaign: sale.id.clone(), user, again: false };
    let change = books.ledger.begin().await.expect("begins");
    let gift = coupons::give(&change, &[wanted], Timestamp(1_700_000_000_000)).await.expect("decided");
    change.commit().await.expect("commits");
    assert_eq!(gift.answers, [Given::Now]);
}

async fn keys_work(books: &Books) {
    let key = ApiKey {
        id: Uuid::from_u128(1),
        kind: KeyKind::Admin,
        name: None,
        secret_hash: format!("{:064x}", 1),
        label: "ok_1".to_owned(),
        created_at: Timestamp(0),
        revoked_at: None,
    };
    access::rows::insert(&books.ledger, &key).await.expect("stored");
    assert_eq!(access::rows::active(&books.ledger).await, Ok(vec![key.clone()]));
    assert_eq!(access::rows::revoke(&books.ledger, key.id, Timestamp(1)).await, Ok(true));
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
    let raw = Raw::to(&stranger, own.engine, &SCHEMA).await;
    for table in ["coupon_service.coupons", "coupon_service.events", "common.outbox_events"] {
        let refused = raw.run(&format!("SELECT * FROM {table}")).await.expect_err("another service's");
        assert!(refused.contains(wanted), "{refused}");
    }
}

async fn a_user_without_rights_gets_the_statement_that_an_administrator_must_run(own: Own) {
    let tells = |refused: LedgerError, line: &str| {
        assert!(matches!(&refused, LedgerError::Schema(text) if text.contains(line)), "{refused:?}");
    };
    if own.engine == Engine::MariaDb {
        own.execute("CREATE USER coupon_svc_user@'%' IDENTIFIED BY 'change-me'");
        let refused = connect(&url(&own, "coupon_svc_user")).await.expect_err("nothing is there");
        tells(refused, "CREATE DATABASE `coupon_service` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; GRANT ");
        own.execute("GRANT ALL ON coupon_service.* TO coupon_svc_user@'%'");
        let ledger = connect(&url(&own, "coupon_svc_user")).await.expect("may make the one");
        assert!(matches!(ledger.schema_state().await, Ok(SchemaState::Behind(missing)) if missing.len() == 4));
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
