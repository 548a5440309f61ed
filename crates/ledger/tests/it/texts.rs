//! Ids and times in SQLite files: the texts of the contract, written, read, and made of what versions before have written.

use crate::support::{Books, TOPIC, insert, message};
use call::Entry;
use domain::Timestamp;
use domain::message::Envelope;
use ledger::calls::audit::{self, Filter};
use ledger::columns::{moment, table};
use ledger::{Ledger, Schema, StoredId, call_tables, common_tables, outbox, processed};
use ledger_testkit::{Raw, Site, on_every_database, patient};
use sea_orm::sea_query::{Expr, ExprTrait, ForeignKey, Query};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::prelude::{ColumnDef, MigrationName, MigrationTrait, SchemaManager};
use std::collections::HashSet;
use uuid::Uuid;

on_every_database!(an_id_and_a_time_come_back_as_they_were_written, an_id_may_be_missing);

/// 2026-12-01T20:00:00.
const EVENING: Timestamp = Timestamp(1_796_155_200_000);
/// The migration that makes the texts.
const STEP: &str = "m20261205_000001_texts";

/// A service whose goods lie in shops.
static SHOPS: Schema = Schema {
    name: "toy_service",
    file: "shops.sqlite",
    topics: &[TOPIC],
    migrations: |database| vec![Box::new(MakeShops), common_tables(database), call_tables()],
    tables: &[ledger::calls::AUDIT_TABLE, ledger::calls::KEPT_TABLE],
};

struct MakeShops;

impl MigrationName for MakeShops {
    fn name(&self) -> &str {
        "m20261121_000001_shops"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for MakeShops {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = || ColumnDef::new("id").uuid().not_null().primary_key().take();
        let in_order = Expr::col("opens_at").lt(Expr::col("closes_at"));
        let shops = table(manager, "shops")
            .col(id())
            .col(moment(manager, "opens_at").not_null())
            .col(moment(manager, "closes_at").not_null())
            .check(("ck_shops_order", in_order))
            .take();
        manager.create_table(shops).await?;
        // A name before that of the shops: of the two tables the one that refers is changed first.
        let goods = table(manager, "goods")
            .col(id())
            .col(ColumnDef::new("shop_id").uuid())
            .col(moment(manager, "sold_at"))
            .foreign_key(ForeignKey::create().name("fk_goods_shop").from("goods", "shop_id").to("shops", "id"))
            .take();
        manager.create_table(goods).await
    }
}

async fn open(site: &Site) -> (Ledger, Raw) {
    let ledger = Ledger::connect(&site.url, &SHOPS, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    (ledger, Raw::open(site, &SHOPS).await)
}

fn id(number: u128) -> Uuid {
    // Letters, which are small ones in the texts.
    Uuid::from_u128(0xabcd_ef00_0000_7000_8000_0000_0000_0000 + number)
}

fn entry(number: u128, at: Timestamp) -> Entry {
    Entry {
        id: id(number),
        at_ms: at.millis(),
        actor_kind: "command".to_owned(),
        actor_id: "test".to_owned(),
        action: "toy.make".to_owned(),
        target: format!("toy:{number}"),
        before: None,
        after: None,
        trace_id: "t".to_owned(),
        network: None,
    }
}

async fn add_goods(ledger: &Ledger, number: u128, shop: Option<Uuid>, sold_at: Option<Timestamp>) {
    let values = [id(number).into(), shop.into(), sold_at.map(ledger::moment::stored).into()];
    let insert = Query::insert().into_table("goods").columns(["id", "shop_id", "sold_at"]).values_panic(values).take();
    ledger.connection().execute(&insert).await.expect("stored");
}

async fn add_shop(ledger: &Ledger, number: u128, opens_at: Timestamp) {
    let [opens, closes] = [opens_at, Timestamp(opens_at.millis() + 1)].map(ledger::moment::stored);
    let values = [StoredId(id(number)).into(), opens.into(), closes.into()];
    let insert =
        Query::insert().into_table("shops").columns(["id", "opens_at", "closes_at"]).values_panic(values).take();
    ledger.connection().execute(&insert).await.expect("stored");
}

/// The goods of a shop, with the time at which they were sold.
async fn goods_of(ledger: &Ledger, shop: Uuid) -> Vec<(Uuid, Option<Timestamp>)> {
    let mut find = Query::select();
    find.columns(["id", "sold_at"]).from("goods").and_where(Expr::col("shop_id").eq(shop));
    find.order_by("id", sea_orm::Order::Asc);
    let rows = ledger.connection().query_all(&find).await.expect("read");
    let read = |row: &sea_orm::QueryResult| {
        let sold_at: Option<sea_orm::prelude::DateTimeUtc> = row.try_get("", "sold_at").expect("a time");
        (row.try_get::<StoredId>("", "id").expect("an id").into(), sold_at.map(ledger::moment::read))
    };
    rows.iter().map(read).collect()
}

async fn an_id_and_a_time_come_back_as_they_were_written(site: Site) {
    let (ledger, _) = open(&site).await;
    // The second whole second, the last millisecond, and the two ends of what the tables hold.
    for (number, millis) in [(1, 0), (2, 1_796_155_200_000), (3, 1_796_155_259_999), (4, 253_402_300_799_998)] {
        add_shop(&ledger, number, Timestamp(millis)).await;
        add_goods(&ledger, number, Some(id(number)), Some(Timestamp(millis))).await;
        assert_eq!(goods_of(&ledger, id(number)).await, [(id(number), Some(Timestamp(millis)))]);
    }
    // Compared as times: a whole second is before its first millisecond.
    for (end, count) in [(EVENING, 1), (Timestamp(EVENING.millis() + 1), 2), (Timestamp(EVENING.millis() + 60_000), 3)]
    {
        let mut find = Query::select();
        find.column("id").from("goods").and_where(Expr::col("sold_at").lt(ledger::moment::stored(end)));
        assert_eq!(ledger.connection().query_all(&find).await.expect("read").len(), count, "{end:?}");
    }
}

async fn an_id_may_be_missing(site: Site) {
    let (ledger, raw) = open(&site).await;
    add_goods(&ledger, 1, None, None).await;
    assert_eq!(raw.numbers("SELECT count(*) FROM goods WHERE shop_id IS NULL AND sold_at IS NULL").await, [1]);
    let find = Query::select().column("shop_id").from("goods").take();
    let row = ledger.connection().query_one(&find).await.expect("read").expect("a row");
    assert_eq!(row.try_get::<Option<StoredId>>("", "shop_id"), Ok(None));
    assert!(row.try_get::<StoredId>("", "shop_id").is_err(), "an id that must be there");
}

#[tokio::test]
async fn every_id_and_time_is_written_as_a_text() {
    let books = Books::open(Site::sqlite()).await;
    let change = books.ledger.begin().await.expect("begins");
    insert(&change, "toys", "bear").await.expect("written");
    outbox::append(&change, TOPIC, &message(1)).await.expect("written");
    processed::record(&change, "toy-group", &[&message(1)]).await.expect("recorded");
    audit::append(&change, &entry(1, EVENING)).await.expect("written");
    change.commit().await.expect("commits");
    let next = outbox::next(&books.ledger, 1).await.expect("read");
    outbox::mark_published(&books.ledger, &[next[0].sequence]).await.expect("marked");
    let raw = books.raw().await;
    assert_eq!(raw.in_other_forms().await, Vec::<String>::new());
    assert_eq!(raw.texts("SELECT at FROM audit_log").await, ["2026-12-01 20:00:00.000"]);
    assert_eq!(raw.texts("SELECT id FROM audit_log").await, [id(1).to_string()]);
    // The walk sees what it is for.
    raw.run("UPDATE audit_log SET id = x'00112233445566778899aabbccddeeff'").await.expect("written");
    assert_eq!(raw.in_other_forms().await, ["audit_log.id X'00112233445566778899AABBCCDDEEFF'"]);
}

/// A row as a version before has written it: bytes, and a time with `T`.
fn earlier(number: u128) -> String {
    format!("x'{:032x}'", id(number).as_u128())
}

const T: &str = "'2026-12-01T20:00:00.050+00:00'";
const WHOLE: &str = "'2026-12-01T20:00:01+00:00'";

async fn fill_as_before(raw: &Raw) {
    for line in [
        format!("DELETE FROM seaql_migrations WHERE version = '{STEP}'"),
        format!("INSERT INTO shops VALUES ({}, {T}, {WHOLE})", earlier(1)),
        format!("INSERT INTO shops VALUES ({}, {T}, {WHOLE})", earlier(2)),
        format!("INSERT INTO goods VALUES ({}, {}, {T})", earlier(3), earlier(1)),
        format!("INSERT INTO goods VALUES ({}, {}, {WHOLE})", earlier(4), earlier(1)),
        format!("INSERT INTO goods VALUES ({}, NULL, NULL)", earlier(5)),
        format!(
            "INSERT INTO processed_events (event_id, consumer_service, aggregate_id, event_type, processed_at) \
             VALUES ({}, 'toy-group', 'a', 'ToyMade', {T})",
            earlier(6)
        ),
        format!(
            "INSERT INTO audit_log (id, at, actor_kind, actor_id, action, target, trace_id) \
             VALUES ({}, {T}, 'command', 'test', 'toy.make', 'toy:7', 't')",
            earlier(7)
        ),
        format!(
            "INSERT INTO idempotency_keys (scope, key, fingerprint, body, created_at) VALUES ('s', 'k', 'f', x'7b7d', {T})"
        ),
        // Another program's, in its form: without a fraction.
        format!(
            "INSERT INTO outbox_events (id, aggregate_type, aggregate_id, event_type, payload, created_at, published, \
             retry_count) VALUES ('{}', 'Toy', 'a', 'ToyMade', '{{}}', '2026-12-01 20:00:00', 1, 0)",
            id(8)
        ),
    ] {
        raw.run(&line).await.unwrap_or_else(|refused| panic!("{line}: {refused}"));
    }
}

#[tokio::test]
async fn a_file_of_an_earlier_version_opens_and_all_is_found() {
    let site = Site::sqlite();
    let (ledger, raw) = open(&site).await;
    fill_as_before(&raw).await;
    assert!(raw.in_other_forms().await.len() > 10);
    ledger.migrate().await.expect("migrates");
    assert_eq!(raw.in_other_forms().await, Vec::<String>::new());
    let [first, whole] = [EVENING.millis() + 50, EVENING.millis() + 1_000].map(Timestamp);
    assert_eq!(goods_of(&ledger, id(1)).await, [(id(3), Some(first)), (id(4), Some(whole))]);
    assert_eq!(raw.numbers("SELECT count(*) FROM goods WHERE shop_id IS NULL AND sold_at IS NULL").await, [1]);
    // By their ids.
    let change = ledger.begin().await.expect("begins");
    let unseen = processed::unseen(&change, "toy-group", &[id(6), id(9)]).await.expect("read");
    assert_eq!(unseen, HashSet::from([id(9)]));
    change.commit().await.expect("commits");
    assert_eq!(audit::known(&ledger, &[id(7), id(9)]).await, Ok(HashSet::from([id(7)])));
    // By their times.
    for (from, count) in [(first, 1), (Timestamp(first.millis() + 1), 0)] {
        let filter = Filter { from: Some(from), ..Filter::default() };
        let (entries, total) = audit::list(&ledger, &filter, 0, 10).await.expect("read");
        assert_eq!((entries.len(), total), (count, count as u64));
    }
    assert_eq!(audit::list(&ledger, &Filter::default(), 0, 10).await.expect("read").0, [entry(7, first)]);
    assert_eq!(processed::delete_before(&ledger, first).await, Ok(0));
    assert_eq!(processed::delete_before(&ledger, whole).await, Ok(1));
    assert_eq!(outbox::delete_published_before(&ledger, first).await, Ok(1));
    // All other values are as they were, and rows still refer to each other.
    assert_eq!(raw.texts("SELECT hex(body) FROM idempotency_keys").await, ["7B7D"]);
    assert_eq!(raw.texts("PRAGMA foreign_key_check").await, Vec::<String>::new());
    raw.run(&format!("DELETE FROM shops WHERE id = '{}'", id(1))).await.expect_err("it has goods");
    raw.run(&format!("DELETE FROM shops WHERE id = '{}'", id(2))).await.expect("it has none");
    ledger.migrate().await.expect("again");
}

#[tokio::test]
async fn rows_of_other_programs_are_read_without_a_fraction_too() {
    let books = Books::open(Site::sqlite()).await;
    let raw = books.raw().await;
    let envelope = Envelope { timestamp: EVENING, ..message(1) };
    let payload = serde_json::to_string(&envelope).expect("JSON");
    for line in [
        format!(
            "INSERT INTO outbox_events (id, topic, aggregate_type, aggregate_id, event_type, payload, occurred_at, created_at, \
             published, retry_count) VALUES ('{}', '{TOPIC}', 'Toy', 'a', 'ToyMade', '{payload}', '2026-12-01 20:00:00', \
             '2026-12-01 20:00:00', 0, 0)",
            envelope.event_id
        ),
        format!(
            "INSERT INTO audit_log (id, at, actor_kind, actor_id, action, target, trace_id) VALUES ('{}', \
             '2026-12-01 20:00:00', 'command', 'test', 'toy.make', 'toy:7', 't')",
            id(7)
        ),
    ] {
        raw.run(&line).await.expect("written");
    }
    let next = outbox::next(&books.ledger, 10).await.expect("read");
    assert_eq!(next.into_iter().map(|waiting| waiting.envelope).collect::<Vec<_>>(), [envelope]);
    assert_eq!(audit::list(&books.ledger, &Filter::default(), 0, 10).await.expect("read").0, [entry(7, EVENING)]);
    assert_eq!(audit::known(&books.ledger, &[id(7)]).await, Ok(HashSet::from([id(7)])));
}
