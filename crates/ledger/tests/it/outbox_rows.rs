//! Rows of the outbox that this version has not written: with the columns of the contract alone, or of an earlier version.

use crate::support::{Books, TOPIC, message};
use domain::Timestamp;
use domain::message::Envelope;
use domain::message::topic::{EVENT_EVENTS, PAYMENT_EVENTS};
use ledger::{Ledger, Schema, SchemaState, common_tables, outbox};
use ledger_testkit::{Engine, Raw, Site, on_every_database, patient};

on_every_database!(
    a_row_with_the_columns_of_the_contract_alone_is_told,
    the_payload_is_the_whole_message,
    a_row_of_an_earlier_version_is_told,
    a_row_that_is_no_message_holds_nothing_back,
    rows_of_an_earlier_version_survive_the_change_of_their_table,
    a_published_row_that_does_not_say_when_goes_with_its_age,
);

/// A service that tells of payments.
pub static PAYMENTS: Schema = Schema {
    name: "payment_service",
    file: "payments.sqlite",
    topics: &[PAYMENT_EVENTS],
    migrations: |database| vec![common_tables(database)],
    tables: &[],
};

/// A service beside it.
pub static EVENTS: Schema = Schema {
    name: "event_service",
    file: "events.sqlite",
    topics: &[EVENT_EVENTS],
    migrations: |database| vec![common_tables(database)],
    tables: &[],
};

/// The columns that the contract names.
const CONTRACT: &str = "id, aggregate_type, aggregate_id, event_type, payload, created_at, published, retry_count";

pub async fn open(site: &Site, schema: &'static Schema) -> (Ledger, Raw) {
    let ledger = Ledger::connect(&site.url, schema, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    (ledger, Raw::open(site, schema).await)
}

fn no(engine: Engine) -> &'static str {
    if engine.is_postgres() { "false" } else { "0" }
}

/// A time in UTC, whatever the server's own zone is.
fn at(engine: Engine, text: &str) -> String {
    if engine.is_postgres() { format!("'{text}+00'") } else { format!("'{text}'") }
}

fn yes(engine: Engine) -> &'static str {
    if engine.is_postgres() { "true" } else { "1" }
}

pub fn payment(number: u128) -> Envelope {
    Envelope {
        event_type: "PaymentSuccess".to_owned(),
        aggregate_type: "Payment".to_owned(),
        aggregate_id: "p1".to_owned(),
        // As on the bus, in whole seconds.
        timestamp: Timestamp(1_700_000_000_000),
        ..message(number)
    }
}

/// Adds a row as another program does.
async fn insert(raw: &Raw, number: u128, aggregate_type: &str, payload: &str, created_at: &str, published: &str) {
    let insert = format!(
        "INSERT INTO outbox_events ({CONTRACT}) VALUES ({}, '{aggregate_type}', 'p1', 'PaymentSuccess', '{payload}', \
         {}, {published}, 0)",
        raw.engine().uuid(number),
        at(raw.engine(), created_at)
    );
    raw.run(&insert).await.expect("the contract's columns are enough");
}

pub async fn insert_message(raw: &Raw, envelope: &Envelope) {
    let payload = serde_json::to_string(envelope).expect("JSON");
    let number = envelope.event_id.as_u128();
    insert(raw, number, &envelope.aggregate_type, &payload, "2026-12-01 20:00:00", no(raw.engine())).await;
}

async fn told(ledger: &Ledger) -> Vec<(String, Envelope)> {
    let next = outbox::next(ledger, 100).await.expect("read");
    next.into_iter().map(|waiting| (waiting.topic, waiting.envelope)).collect()
}

async fn a_row_with_the_columns_of_the_contract_alone_is_told(site: Site) {
    let (ledger, raw) = open(&site, &PAYMENTS).await;
    insert_message(&raw, &payment(1)).await;
    let change = ledger.begin().await.expect("begins");
    outbox::append(&change, PAYMENT_EVENTS, &payment(2)).await.expect("written");
    change.commit().await.expect("commits");
    insert_message(&raw, &payment(3)).await;
    let other = Envelope { aggregate_type: "Event".to_owned(), ..payment(4) };
    insert_message(&raw, &other).await;
    insert_message(&raw, &Envelope { aggregate_type: "Kitchen".to_owned(), ..payment(5) }).await;
    let all = [1, 2, 3].map(|number| (PAYMENT_EVENTS.to_owned(), payment(number)));
    assert_eq!(told(&ledger).await, all, "in the order of the rows, whole");
    let (events, _) = open(&site, &EVENTS).await;
    assert_eq!(told(&events).await, [(EVENT_EVENTS.to_owned(), other)]);
    let sequences: Vec<i64> =
        outbox::next(&ledger, 100).await.expect("read").iter().map(|waiting| waiting.sequence).collect();
    outbox::mark_published(&ledger, &sequences).await.expect("marked");
    assert_eq!(told(&ledger).await, []);
    let count = format!("SELECT count(*) FROM outbox_events WHERE published = {}", yes(raw.engine()));
    assert_eq!(raw.numbers(&count).await, [3]);
}

/// A field of the written payload.
fn field(engine: Engine, field: &str) -> String {
    match engine {
        Engine::Postgres15 | Engine::Postgres18 => format!("payload #>> '{{{}}}'", field.replace('.', ",")),
        Engine::MariaDb => format!("json_unquote(json_extract(payload, '$.{field}'))"),
        Engine::Sqlite => format!("json_extract(payload, '$.{field}')"),
    }
}

async fn the_payload_is_the_whole_message(site: Site) {
    let books = Books::open(site).await;
    let change = books.ledger.begin().await.expect("begins");
    outbox::append(&change, TOPIC, &message(1)).await.expect("written");
    change.commit().await.expect("commits");
    let raw = books.raw().await;
    let on_the_bus = serde_json::to_value(message(1)).expect("JSON");
    for (name, pointer) in [
        ("eventId", "/eventId"),
        ("metadata.correlationId", "/metadata/correlationId"),
        ("metadata.userId", "/metadata/userId"),
        ("timestamp", "/timestamp"),
        ("payload.text", "/payload/text"),
    ] {
        let written = raw.texts(&format!("SELECT {} FROM outbox_events", field(raw.engine(), name))).await;
        assert_eq!(written, [on_the_bus.pointer(pointer).and_then(|value| value.as_str()).expect("a text")], "{name}");
    }
    assert_eq!(raw.numbers("SELECT count(*) FROM outbox_events WHERE metadata IS NULL").await, [1]);
}

/// Adds a row as an earlier version did: the content as payload, the rest in columns.
async fn insert_of_earlier_version(raw: &Raw, topic: &str, envelope: &Envelope) {
    let Envelope { aggregate_type, aggregate_id, event_type, version, payload, .. } = envelope;
    let metadata = serde_json::to_string(&envelope.metadata).expect("JSON");
    let millis = envelope.timestamp.millis() % 1_000;
    let at = at(raw.engine(), &format!("2023-11-14 22:13:20.{millis:03}"));
    let insert = format!(
        "INSERT INTO outbox_events (id, topic, aggregate_type, aggregate_id, event_type, version, payload, metadata, \
         occurred_at, created_at, published, retry_count) VALUES ({}, '{topic}', '{aggregate_type}', '{aggregate_id}', \
         '{event_type}', '{version}', '{payload}', '{metadata}', {at}, {at}, {}, 0)",
        raw.engine().uuid(envelope.event_id.as_u128()),
        no(raw.engine())
    );
    raw.run(&insert).await.expect("written");
}

async fn a_row_of_an_earlier_version_is_told(site: Site) {
    let books = Books::open(site).await;
    insert_of_earlier_version(&books.raw().await, TOPIC, &message(1)).await;
    let change = books.ledger.begin().await.expect("begins");
    outbox::append(&change, TOPIC, &message(2)).await.expect("written");
    change.commit().await.expect("commits");
    assert_eq!(told(&books.ledger).await, [1, 2].map(|number| (TOPIC.to_owned(), message(number))));
}

async fn a_row_that_is_no_message_holds_nothing_back(site: Site) {
    let (ledger, raw) = open(&site, &PAYMENTS).await;
    insert(&raw, 1, "Payment", r#"{"paymentKey": "k"}"#, "2026-12-01 20:00:00", no(raw.engine())).await;
    assert_eq!(told(&ledger).await, []);
    insert(&raw, 2, "Payment", "[]", "2026-12-01 20:00:00", no(raw.engine())).await;
    insert_message(&raw, &payment(3)).await;
    assert_eq!(told(&ledger).await, [(PAYMENT_EVENTS.to_owned(), payment(3))]);
    let why = raw.texts("SELECT last_error FROM outbox_events WHERE retry_count = 3 ORDER BY sequence").await;
    assert!(why.len() == 2 && why[0].contains("payload: missing field"), "{why:?}");
}

/// Takes the table back to what an earlier version has made.
async fn take_back(raw: &Raw) {
    let lines: &[&str] = match raw.engine() {
        Engine::Sqlite => &["DROP TABLE outbox_events", "DROP TABLE processed_events"],
        Engine::MariaDb => {
            &["ALTER TABLE outbox_events MODIFY topic varchar(64) NOT NULL, MODIFY version varchar(16) NOT NULL, \
             MODIFY metadata json NOT NULL, MODIFY occurred_at datetime(6) NOT NULL"]
        }
        _ => &["ALTER TABLE common.outbox_events ALTER topic SET NOT NULL, ALTER version SET NOT NULL, \
             ALTER metadata SET NOT NULL, ALTER occurred_at SET NOT NULL"],
    };
    for line in lines {
        raw.run(line).await.expect("taken back");
    }
    if raw.engine() == Engine::Sqlite {
        for line in EARLIER_IN_SQLITE {
            raw.run(line).await.expect("made");
        }
    }
    raw.run("DELETE FROM seaql_migrations WHERE version = 'm20261204_000003_whole_messages'").await.expect("forgotten");
}

/// The table as earlier versions have made it.
const EARLIER_IN_SQLITE: [&str; 3] = [
    r#"CREATE TABLE "outbox_events" ( "sequence" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "id" uuid_text NOT NULL, "topic" varchar(64) NOT NULL, "aggregate_type" varchar(64) NOT NULL, "aggregate_id" varchar(300) NOT NULL, "event_type" varchar(64) NOT NULL, "version" varchar(16) NOT NULL, "payload" jsonb_text NOT NULL, "metadata" jsonb_text NOT NULL, "occurred_at" timestamp_with_timezone_text NOT NULL, "created_at" timestamp_with_timezone_text NOT NULL, "published" boolean NOT NULL, "published_at" timestamp_with_timezone_text, "retry_count" integer NOT NULL, "last_error" text, CONSTRAINT "uq_outbox_events_id" UNIQUE ("id") )"#,
    r#"CREATE INDEX "ix_outbox_events_published" ON "outbox_events" ("published", "sequence")"#,
    r#"CREATE TABLE "processed_events" ( "event_id" uuid_text NOT NULL, "consumer_service" varchar(128) NOT NULL, "aggregate_id" varchar(300) NOT NULL, "event_type" varchar(64) NOT NULL, "processed_at" timestamp_with_timezone_text NOT NULL, CONSTRAINT "pk_processed_events" PRIMARY KEY ("event_id", "consumer_service") )"#,
];

async fn rows_of_an_earlier_version_survive_the_change_of_their_table(site: Site) {
    let (ledger, raw) = open(&site, &PAYMENTS).await;
    take_back(&raw).await;
    let refused = format!(
        "INSERT INTO outbox_events ({CONTRACT}) VALUES ({}, 'Payment', 'p1', 'PaymentSuccess', '{{}}', \
         '2026-12-01 20:00:00', {}, 0)",
        raw.engine().uuid(9),
        no(raw.engine())
    );
    raw.run(&refused).await.expect_err("an earlier table wants all columns");
    for number in 1..=3 {
        insert_of_earlier_version(&raw, PAYMENT_EVENTS, &payment(number)).await;
    }
    let last = raw.numbers("SELECT max(sequence) FROM outbox_events").await[0];
    raw.run(&format!("DELETE FROM outbox_events WHERE sequence = {last}")).await.expect("deleted");
    let behind = ledger.schema_state().await.expect("read");
    assert!(matches!(&behind, SchemaState::Behind(missing) if missing.len() == 1), "{behind}");
    ledger.migrate().await.expect("migrates");
    insert_message(&raw, &payment(4)).await;
    let numbers = raw.numbers("SELECT sequence FROM outbox_events ORDER BY sequence").await;
    assert!(numbers.len() == 3 && numbers[2] > last, "the numbers go on: {numbers:?} after {last}");
    let all = [1, 2, 4].map(|number| (PAYMENT_EVENTS.to_owned(), payment(number)));
    assert_eq!(told(&ledger).await, all);
    // What an older program that still runs goes on to write.
    insert_of_earlier_version(&raw, PAYMENT_EVENTS, &payment(5)).await;
    assert_eq!(told(&ledger).await.last(), Some(&(PAYMENT_EVENTS.to_owned(), payment(5))));
}

async fn a_published_row_that_does_not_say_when_goes_with_its_age(site: Site) {
    let (ledger, raw) = open(&site, &PAYMENTS).await;
    insert(&raw, 1, "Payment", "{}", "2026-12-01 20:00:00", yes(raw.engine())).await;
    insert(&raw, 2, "Payment", "{}", "2026-12-01 20:00:02", yes(raw.engine())).await;
    insert(&raw, 3, "Payment", "{}", "2026-12-01 20:00:00", no(raw.engine())).await;
    let end = Timestamp::parse("2026-12-01T20:00:01Z").expect("a time");
    assert_eq!(outbox::delete_published_before(&ledger, end).await, Ok(1));
    let left = raw.numbers("SELECT count(*) FROM outbox_events").await;
    assert_eq!(left, [2]);
}
