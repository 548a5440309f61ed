//! The catalog's database user has the rights that the schema lists, and no others.

use crate::support::{NOON, Shop};
use bus::{Delivery, Handler, Message, Places};
use call::{Actor, ActorKind, Call, Keyed};
use catalog::PaymentGroup;
use catalog::schema::SCHEMA;
use domain::Timestamp;
use domain::message::{Envelope, Metadata, VERSION};
use hot::embedded::EmbeddedKeys;
use ledger::{Ledger, LedgerError, outbox, processed};
use ledger_testkit::{Own, Raw, Site, on_every_server, patient};
use serde_json::json;
use std::sync::Arc;
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
            "CREATE USER event_svc_user PASSWORD 'change-me'",
            "GRANT CONNECT ON DATABASE ticketing TO event_svc_user",
            "CREATE SCHEMA event_service AUTHORIZATION onsale_migrate",
            "GRANT USAGE ON SCHEMA event_service, common TO event_svc_user",
            "ALTER DEFAULT PRIVILEGES FOR USER onsale_migrate IN SCHEMA event_service, common GRANT USAGE ON SEQUENCES TO event_svc_user",
            "CREATE SCHEMA coupon_service AUTHORIZATION onsale_migrate",
            "CREATE TABLE coupon_service.coupons (n INT)",
        ];
        return lines.map(str::to_owned).to_vec();
    }
    let lines = [
        "CREATE USER 'onsale_migrate'@'%' IDENTIFIED BY 'change-me'",
        "CREATE USER 'event_svc_user'@'%' IDENTIFIED BY 'change-me'",
        "CREATE DATABASE common",
        "CREATE DATABASE event_service",
        "CREATE DATABASE coupon_service",
        "CREATE TABLE coupon_service.coupons (n INT)",
        "GRANT ALL ON common.* TO 'onsale_migrate'@'%'",
        "GRANT ALL ON event_service.* TO 'onsale_migrate'@'%'",
    ];
    lines.map(str::to_owned).to_vec()
}

/// The rights of the schema, as lines of `deploy/sql/*-rights.sql`.
fn rights(own: &Own) -> Vec<String> {
    let user = if own.engine.is_postgres() { "event_svc_user" } else { "'event_svc_user'@'%'" };
    let of_table = |table: &ledger::Table| {
        let rights: Vec<String> = table.rights.iter().map(ToString::to_string).collect();
        let container = if SCHEMA.tables.contains(table) { SCHEMA.name } else { "common" };
        format!("GRANT {} ON {container}.{} TO {user}", rights.join(", "), table.name)
    };
    let migrations = format!("GRANT SELECT ON event_service.seaql_migrations TO {user}");
    SCHEMA.all_tables().map(of_table).chain([migrations]).collect()
}

fn url(own: &Own, user: &str) -> String {
    let (scheme, database) =
        if own.engine.is_postgres() { ("postgres", "ticketing") } else { ("mysql", "event_service") };
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
    let _clock = clock::set(NOON);
    let users = users(&own);
    run_all(&own, &users).await;
    connect(&url(&own, "onsale_migrate")).await.expect("connects").migrate().await.expect("migrates");
    run_all(&own, &rights(&own)).await;
    let ledger = connect(&url(&own, "event_svc_user")).await.expect("connects");
    ledger.migrate().await.expect("there is nothing left to do");
    ledger.write_and_undo().await.expect("a server looks whether it can write");
    let site = Site::on_server(own.engine, url(&own, "event_svc_user"));
    let shop = Shop::over(site, ledger.clone(), Arc::new(EmbeddedKeys::default()));
    let actor = Actor { kind: ActorKind::User, id: "7".into() };
    let call = Call::new(actor, "t", None).keyed(Keyed::new("s".into(), "k".into(), "0".repeat(64)));
    call::within(call, everything_works(&shop)).await;
    let waiting = outbox::next(&ledger, 10).await.expect("read");
    outbox::mark_published(&ledger, &[waiting[0].sequence]).await.expect("marked");
    assert_eq!(outbox::delete_published_before(&ledger, LATER).await, Ok(1));
    assert_eq!(processed::delete_before(&ledger, LATER).await, Ok(1));
    let raw = shop.raw().await;
    for line in [
        "CREATE TABLE more (n INT)",
        "DROP TABLE seats",
        "ALTER TABLE seats ADD COLUMN n INT",
        "DELETE FROM venues",
        "DELETE FROM halls",
        "DELETE FROM events",
        "DELETE FROM event_schedules",
        "DELETE FROM seat_plans",
        "DELETE FROM consumer_places",
        "UPDATE seat_plans SET seat_template = ''",
        "DELETE FROM audit_log",
        "UPDATE audit_log SET action = 'none'",
        "SELECT * FROM coupon_service.coupons",
    ] {
        let refused = raw.run(line).await.expect_err(line).to_lowercase();
        assert!(["denied", "must be owner"].iter().any(|word| refused.contains(word)), "{line}: {refused}");
    }
}

async fn everything_works(shop: &Shop) {
    let place = shop.small_place().await;
    let small = shop.hall(&place.0, "Small", crate::support::rows(&["Z"], 2, json!({"Z": "S"}))).await;
    shop.put(&format!("/venues/{}", place.0), &json!({"name": "New"})).await.expect(200);
    shop.put(&format!("/venues/{}/halls/{}", place.0, place.1), &json!({"name": "New"})).await.expect(200);
    let event = shop.open_event(&place, json!({})).await;
    let path = format!("/events/{event}");
    shop.patch(&path, &json!({"priceByGrade": {"VIP": 1, "S": 2}})).await.expect(200);
    shop.patch(&path, &json!({"hallId": small})).await.expect(200);
    let schedule = shop.schedules(&event).await.remove(0);
    let seat = shop.seats(&schedule).await.remove(0).1;
    let payload = json!({
        "paymentKey": Uuid::nil(), "reservationId": Uuid::from_u128(1), "amount": 1, "paidAt": "2026-12-01T12:00:00",
        "scheduleId": schedule, "seatIds": [seat], "portoneTransactionId": "t", "holdNo": 1,
    });
    let envelope = Arc::new(Envelope {
        event_id: Uuid::from_u128(1),
        event_type: "PaymentSuccess".into(),
        aggregate_id: "p".into(),
        aggregate_type: "Payment".into(),
        version: VERSION.into(),
        timestamp: NOON,
        metadata: Metadata { correlation_id: "t".into(), causation_id: None, user_id: None },
        payload,
    });
    let message = Message { delivery: Delivery::of(&"payment.events".into(), 0, &envelope), envelope };
    let group = PaymentGroup::new(shop.service.clone(), Places::Kept);
    group.handle(&[message]).await.expect("handled");
    assert_eq!(group.places(&[]).await.expect("read").len(), 1);
    for path in ["/internal/schedules/ended".to_owned(), format!("/internal/schedules/{schedule}")] {
        shop.internal(&path).await.expect(200);
    }
    shop.step(&format!("{path}/cancel")).await.expect(200);
    let prepared = shop.prepared_event(&(place.0.clone(), small.clone()), json!({})).await;
    shop.delete(&format!("/events/{prepared}")).await.expect(200);
    let empty = shop.venue("Empty", "Busan").await;
    shop.delete(&format!("/venues/{empty}")).await.expect(200);
}
