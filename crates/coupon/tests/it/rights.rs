//! Database users with few rights: those of `deploy/sql`, and users with fewer.

use crate::support::{self, Books, campaign, issued, message, tenant};
use access::Caller;
use access::making::{Restrictions, make};
use call::{Call, Keyed};
use coupon::rows::coupons::{Given, Wanted};
use coupon::rows::looks::{self, File, StoredLook};
use coupon::rows::{campaigns, coupons};
use coupon::schema::SCHEMA;
use coupon::steps::{StepOutcome, Wish};
use domain::message::Place;
use domain::quota::{OwnQuotas, Quotas};
use domain::{Campaign, CouponId, Timestamp, UserId};
use ledger::calls::audit::{self, Filter};
use ledger::calls::kept::{self, Answer, Found};
use ledger::{Ledger, LedgerError, SchemaState, outbox, places, processed};
use ledger_testkit::{Engine, Own, Raw, Site, on_every_server, patient};
use operators::appeal::{self, Answer as Told, StoreBody};
use std::collections::BTreeSet;
use uuid::Uuid;

on_every_server!(
    ledger_testkit::Own;
    the_users_of_the_documented_files_have_exactly_the_rights_they_need,
    a_user_without_rights_gets_the_statement_that_an_administrator_must_run,
);

const POSTGRES: &str = include_str!("../../../../deploy/sql/postgres.sql");
const MYSQL: &str = include_str!("../../../../deploy/sql/mysql.sql");
const POSTGRES_RIGHTS: &str = include_str!("../../../../deploy/sql/postgres-rights.sql");
const MYSQL_RIGHTS: &str = include_str!("../../../../deploy/sql/mysql-rights.sql");
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

async fn run_rights(own: &Own) {
    let (database, file) =
        if own.engine.is_postgres() { ("ticketing", POSTGRES_RIGHTS) } else { ("mysql", MYSQL_RIGHTS) };
    Raw::to(&own.administrator(database), own.engine, &SCHEMA).await.run(file).await.expect("the file is carried out");
}

/// The file grants what the schema lists and no more, so a new table without a line there is noticed.
#[test]
fn the_files_grant_the_servers_user_what_the_schema_lists() {
    for file in [POSTGRES_RIGHTS, MYSQL_RIGHTS] {
        let text = file.replace("'coupon_svc_user'@'%'", "coupon_svc_user");
        let to_server = |line: &&str| line.starts_with("GRANT ") && line.ends_with(" TO coupon_svc_user;");
        let mut granted: Vec<&str> = text.lines().filter(to_server).collect();
        let mut listed = vec!["GRANT SELECT ON coupon_service.seaql_migrations TO coupon_svc_user;".to_owned()];
        listed.extend(SCHEMA.all_tables().map(|table| {
            let rights: Vec<String> = table.rights.iter().map(ToString::to_string).collect();
            let container = if SCHEMA.tables.contains(table) { SCHEMA.name } else { "common" };
            format!("GRANT {} ON {container}.{} TO coupon_svc_user;", rights.join(", "), table.name)
        }));
        granted.sort_unstable();
        listed.sort_unstable();
        assert_eq!(granted, listed);
    }
}

async fn the_users_of_the_documented_files_have_exactly_the_rights_they_need(own: Own) {
    run_file(&own).await;
    let migrator = connect(&url(&own, "onsale_migrate")).await.expect("connects");
    assert!(matches!(migrator.schema_state().await, Ok(SchemaState::Behind(_))));
    migrator.migrate().await.expect("migrates");
    run_rights(&own).await;
    run_rights(&own).await;
    let service = connect(&url(&own, "coupon_svc_user")).await.expect("connects");
    service.migrate().await.expect("there is nothing left to do");
    assert_eq!(service.is_migrated().await, Ok(true));
    service.write_and_undo().await.expect("a server looks whether it can write");
    let books = Books { ledger: service, site: Site::on_server(own.engine, url(&own, "coupon_svc_user")) };
    everything_works(&books).await;
    let raw = books.raw().await;
    assert_eq!(
        raw.numbers("SELECT count(*) FROM common.outbox_events").await,
        [0],
        "the outbox is in the common schema"
    );
    let keys = connect(&url(&own, "coupon_keys_user")).await.expect("connects");
    let call = Call::of_command("admin keys");
    let made = call::within(call, keys_work(&keys, &books.ledger)).await;
    for line in [
        "CREATE TABLE more (n INT)".to_owned(),
        "DROP TABLE coupons".to_owned(),
        "ALTER TABLE coupons ADD COLUMN n INT".to_owned(),
        // Whoever takes over a server makes no key, and gives no key more rights or a longer life.
        format!(
            "INSERT INTO api_keys (id, kind, secret_hash, label, created_at) VALUES ({}, 'admin', '{:064x}', 'mine', '2026-01-01 00:00:00')",
            own.engine.uuid(99),
            99
        ),
        "UPDATE api_keys SET revoked_at = NULL".to_owned(),
        "UPDATE api_keys SET scopes = NULL".to_owned(),
        format!("UPDATE api_keys SET secret_hash = '{:064x}'", 98),
        "DELETE FROM api_keys".to_owned(),
        // Nor does anybody take a row from the books.
        "DELETE FROM events".to_owned(),
        "DELETE FROM stock_grants".to_owned(),
        "DELETE FROM coupons".to_owned(),
        "DELETE FROM user_coupons".to_owned(),
        "DELETE FROM consumer_places".to_owned(),
        "UPDATE stock_grants SET last_serial = 1".to_owned(),
        "DELETE FROM looks".to_owned(),
        "UPDATE look_files SET name = 'x'".to_owned(),
        "UPDATE appeal_answers SET status = 200".to_owned(),
        "DELETE FROM audit_log".to_owned(),
        "UPDATE audit_log SET action = 'none'".to_owned(),
    ] {
        let refused = raw.run(&line).await.expect_err(&line).to_lowercase();
        assert!(["denied", "must be owner"].iter().any(|word| refused.contains(word)), "{line}: {refused}");
    }
    let raw = Raw::to(&url(&own, "coupon_keys_user"), own.engine, &SCHEMA).await;
    for line in [
        "SELECT * FROM coupons",
        "SELECT * FROM events",
        "UPDATE api_keys SET expires_at = NULL",
        "UPDATE api_keys SET scopes = NULL",
        "DELETE FROM api_keys",
        "DELETE FROM audit_log",
    ] {
        let refused = raw.run(line).await.expect_err(line).to_lowercase();
        assert!(refused.contains("denied"), "{line}: {refused}");
    }
    assert_eq!(access::rows::list(&keys).await.expect("listed").len(), made);
    a_stranger_reads_nothing(&own).await;
}

async fn everything_works(books: &Books) {
    answers_and_looks_work(books).await;
    let keyed = Keyed::new("shop/key/1".into(), "k".into(), "0".repeat(64));
    let call = Call::of_command("test").keyed(keyed.clone());
    call::within(call, all_changes_work(books)).await;
    assert_eq!(kept::find(&books.ledger, &keyed).await, Ok(Found::Done));
    let answer = Answer { status: 200, body: b"{}".to_vec(), location: None };
    assert_eq!(kept::keep(&books.ledger, &keyed, &answer).await, Ok(Found::Answer(answer)));
    assert_eq!(kept::purge(&books.ledger, LATER).await, Ok(1));
    let (entries, total) = audit::list(&books.ledger, &Filter::default(), 0, 100).await.expect("read");
    let actions: BTreeSet<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    let wanted = ["campaign.create", "campaign.delete", "campaign.stock", "coupon.revoke"];
    assert_eq!((actions, total), (BTreeSet::from(wanted), 5));
}

/// What was told, and how pages look.
async fn answers_and_looks_work(books: &Books) {
    let told = Told {
        at_ms: LATER.millis(),
        role: "coupon".into(),
        route: "POST /x".into(),
        status: 409,
        code: None,
        target: None,
        trace_id: "t".into(),
        user_id: None,
        times: 1,
    };
    let batch = StoreBody { list: vec![told], left_out: vec![("coupon".into(), 3)] };
    appeal::store(&books.ledger, &batch).await.expect("stored");
    appeal::rows::purge(&books.ledger, LATER, 30, 1).await.expect("what is old goes");
    let file = |name: &str| File { name: name.into(), bytes: vec![1] };
    for name in ["a.css", "b.css"] {
        let look = StoredLook {
            name: "shop".into(),
            look: "{}".into(),
            logo: None,
            style: name.into(),
            updated_at: Timestamp(1_700_000_000_000),
        };
        looks::put(&books.ledger, &look, &[file(name)], None).await.expect("set");
    }
    let later =
        StoredLook { updated_at: LATER, ..looks::get(&books.ledger, "shop").await.expect("read").expect("a look") };
    looks::put(&books.ledger, &later, &[], None).await.expect("what no look has goes");
    assert_eq!(looks::file(&books.ledger, "a.css").await, Ok(None));
    assert_eq!(looks::file(&books.ledger, "b.css").await, Ok(Some(vec![1])));
}

async fn all_changes_work(books: &Books) {
    let sale = campaign("shop", "sale", 10);
    let quotas = Quotas::default();
    assert!(campaigns::create_within(&books.ledger, &sale, quotas).await.expect("created").is_ok());
    let more = Campaign { stock: 11, ..sale.clone() };
    assert!(campaigns::update_within(&books.ledger, &more, quotas).await.expect("changed").is_ok());
    assert_eq!(books.keep(&[issued(&sale, 1), issued(&sale, 2)]).await, []);
    assert_eq!(books.keep(&[issued(&sale, 2), issued(&sale, 3)]).await, [], "with a repeated coupon");
    assert_eq!(coupons::counts(&books.ledger, &sale.id).await.expect("counted").kept(), 3);
    change_and_give(books, &sale).await;
    let over = campaign("shop", "over", 1);
    campaigns::create(&books.ledger, &over).await.expect("created");
    assert_eq!(campaigns::archive(&books.ledger, &over).await, Ok(true));
    let change = books.ledger.begin().await.expect("begins");
    processed::record(&change, "coupon-group", &[&message(1)]).await.expect("recorded");
    outbox::append(&change, "coupon.events", &message(1)).await.expect("written");
    for next_offset in [1, 1, 2] {
        let place = Place { topic: "coupon.events".into(), partition: 0, next_offset };
        places::note(&change, "coupon-group", &[place]).await.expect("noted");
    }
    change.commit().await.expect("commits");
    assert_eq!(places::of_group(&books.ledger, "coupon-group").await.expect("read").len(), 1);
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

/// What `onsale admin keys` and a server do with keys, each as its own user. Returns the number of keys.
async fn keys_work(keys: &Ledger, server: &Ledger) -> usize {
    keys.migrate().await.expect("there is nothing to do");
    let (tenant, at) = (Caller::Tenant(tenant("shop")), Timestamp(1_700_000_000_000));
    for caller in [&Caller::Administrator, &tenant, &tenant] {
        make(keys, caller, Restrictions::default(), Quotas::default(), at).await.expect("made");
    }
    let active = access::rows::active(server).await.expect("a server reads keys");
    assert_eq!(active.len(), 3);
    assert_eq!(access::rows::revoke(keys, active[0].id, at).await, Ok(true));
    access::rows::record_used(server, &[(active[1].id, at)]).await.expect("a server writes when a key was used");
    let own = |own| OwnQuotas { campaigns: Some(7), ..own };
    access::rows::tenants::set(keys, &support::tenant("shop"), own).await.expect("set");
    assert_eq!(access::rows::tenants::list(server).await.expect("read").len(), 1);
    let used = access::rows::list(keys).await.expect("listed");
    assert_eq!(used.iter().filter(|key| key.last_used_at == Some(at)).count(), 1);
    used.len()
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
        assert!(matches!(ledger.schema_state().await, Ok(SchemaState::Behind(missing)) if missing.len() == 12));
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
