//! The database user of reservations has the rights that the schema lists, and no others.

use crate::core_support::*;
use bus::{Delivery, Handler, Message, Places};
use domain::message::event::EventCancelled;
use domain::message::topic;
use domain::reservation::Step;
use domain::{Timestamp, message::Envelope};
use ledger::{Ledger, LedgerError, outbox, processed};
use ledger_testkit::{Own, Raw, Site, on_every_server, patient};
use reservation::messages::EventGroup;
use reservation::rows::repair;
use reservation::schema::SCHEMA;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

on_every_server!(
    ledger_testkit::Own;
    the_service_works_with_the_rights_of_its_schema_and_with_no_others,
);

const LATER: Timestamp = Timestamp(253_402_300_799_000);

/// The users and containers as `deploy/sql` makes them for each service.
fn users(own: &Own) -> Vec<String> {
    if own.engine.is_postgres() {
        own.execute("CREATE DATABASE ticketing");
        let lines = [
            "CREATE USER onsale_migrate PASSWORD 'change-me'",
            "REVOKE ALL ON DATABASE ticketing FROM PUBLIC",
            "GRANT CONNECT ON DATABASE ticketing TO onsale_migrate",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            "CREATE SCHEMA common AUTHORIZATION onsale_migrate",
            "CREATE USER reservation_svc_user PASSWORD 'change-me'",
            "GRANT CONNECT ON DATABASE ticketing TO reservation_svc_user",
            "CREATE SCHEMA reservation_service AUTHORIZATION onsale_migrate",
            "GRANT USAGE ON SCHEMA reservation_service, common TO reservation_svc_user",
            "ALTER DEFAULT PRIVILEGES FOR USER onsale_migrate IN SCHEMA reservation_service, common GRANT USAGE ON SEQUENCES TO reservation_svc_user",
        ];
        return lines.map(str::to_owned).to_vec();
    }
    let lines = [
        "CREATE USER 'onsale_migrate'@'%' IDENTIFIED BY 'change-me'",
        "CREATE USER 'reservation_svc_user'@'%' IDENTIFIED BY 'change-me'",
        "CREATE DATABASE common",
        "CREATE DATABASE reservation_service",
        "GRANT ALL ON common.* TO 'onsale_migrate'@'%'",
        "GRANT ALL ON reservation_service.* TO 'onsale_migrate'@'%'",
    ];
    lines.map(str::to_owned).to_vec()
}

/// The rights of the schema, as lines of `deploy/sql/*-rights.sql`.
fn rights(own: &Own) -> Vec<String> {
    let user = if own.engine.is_postgres() { "reservation_svc_user" } else { "'reservation_svc_user'@'%'" };
    let of_table = |table: &ledger::Table| {
        let rights: Vec<String> = table.rights.iter().map(ToString::to_string).collect();
        let container = if SCHEMA.tables.contains(table) { SCHEMA.name } else { "common" };
        format!("GRANT {} ON {container}.{} TO {user}", rights.join(", "), table.name)
    };
    let migrations = format!("GRANT SELECT ON reservation_service.seaql_migrations TO {user}");
    SCHEMA.all_tables().map(of_table).chain([migrations]).collect()
}

fn url(own: &Own, user: &str) -> String {
    let (scheme, database) =
        if own.engine.is_postgres() { ("postgres", "ticketing") } else { ("mysql", "reservation_service") };
    format!("{scheme}://{user}:change-me@127.0.0.1:{}/{database}", own.port())
}

async fn run_all(own: &Own, lines: &[String]) {
    let database = if own.engine.is_postgres() { "ticketing" } else { "mysql" };
    let administrator = Raw::to(&own.administrator(database), own.engine, &SCHEMA).await;
    for line in lines {
        administrator.run(line).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

async fn connect(url: &str) -> Result<Ledger, LedgerError> {
    Ledger::connect(url, &SCHEMA, patient()).await
}

async fn the_service_works_with_the_rights_of_its_schema_and_with_no_others(own: Own) {
    let clock = clock::set(START);
    run_all(&own, &users(&own)).await;
    connect(&url(&own, "onsale_migrate")).await.expect("connects").migrate().await.expect("migrates");
    run_all(&own, &rights(&own)).await;
    let site = Site::on_server(own.engine, url(&own, "reservation_svc_user"));
    let books = Books::open(&site).await;
    books.ledger.write_and_undo().await.expect("a server looks whether it can write");
    everything_works(&books, &clock).await;
    let waiting = outbox::next(&books.ledger, 10).await.expect("read");
    outbox::mark_published(&books.ledger, &[waiting[0].sequence]).await.expect("marked");
    assert_eq!(outbox::delete_published_before(&books.ledger, LATER).await, Ok(1));
    assert_eq!(processed::delete_before(&books.ledger, LATER).await, Ok(1));
    let raw = books.raw(&site).await;
    for line in [
        "CREATE TABLE more (n INT)",
        "DROP TABLE reservations",
        "ALTER TABLE reservations ADD COLUMN n INT",
        "DELETE FROM reservations",
        "DELETE FROM hold_counter",
        "INSERT INTO hold_counter (id, value) VALUES (1, 0)",
        "DELETE FROM cancelled_schedules",
        "DELETE FROM consumer_places",
        "DELETE FROM audit_log",
        "UPDATE audit_log SET action = 'none'",
    ] {
        let refused = raw.run(line).await.expect_err(line).to_lowercase();
        assert!(["denied", "must be owner"].iter().any(|word| refused.contains(word)), "{line}: {refused}");
    }
}

/// Every kind of statement: steps, consumers, workers, repair.
async fn everything_works(books: &Books, clock: &clock::SetClock) {
    books.confirmed(1, 1, &[1, 2]).await;
    books.done(show(1)).await;
    books.hold(2, 2, &[3, 4]).await;
    books.done(Step::Swap(swap_wish(2, 2, &[4, 5]))).await;
    books.secured(3, 3, &[6]).await;
    clock.advance(Duration::from_millis(TTL_MS as u64));
    let told = EventCancelled {
        event_id: event(),
        schedule_ids: vec![schedule(1)],
        reason: "EVENT_DELETED".into(),
        cancelled_at: START.into(),
    };
    let envelope: Arc<Envelope> = Arc::new(told.message(Uuid::from_u128(1), "trace".into(), None));
    let delivery = Delivery::of(&topic::EVENT_EVENTS.into(), 0, &envelope);
    let workers = books.alone();
    let group = EventGroup::new(workers.clone(), Places::Kept);
    group.handle(&[Message { delivery, envelope }]).await.expect("heard");
    let swept = workers.sweep().await.expect("swept");
    assert_eq!((swept.expired, swept.cancelled), (1, 2));
    workers.put_right().await.expect("compared");
    workers.follow_sold().await.expect("looked up");
    workers.ask_payment().await.expect("asked");
    workers.compare_schedules(None).await.expect("compared");
    repair::raise_hold_no(&books.ledger, 100).await.expect("raised");
}
