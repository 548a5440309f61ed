//! The database user of payments has the rights that the schema lists, and no others.

use crate::desk::Desk;
use domain::Timestamp;
use ledger::{Ledger, outbox, processed};
use ledger_testkit::{Own, Raw, Site, on_every_server, patient};
use payment::schema::SCHEMA;
use serde_json::json;

on_every_server!(ledger_testkit::Own; the_service_works_with_the_rights_of_its_schema_and_with_no_others);

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
            "CREATE USER payment_svc_user PASSWORD 'change-me'",
            "GRANT CONNECT ON DATABASE ticketing TO payment_svc_user",
            "CREATE SCHEMA payment_service AUTHORIZATION onsale_migrate",
            "GRANT USAGE ON SCHEMA payment_service, common TO payment_svc_user",
            "ALTER DEFAULT PRIVILEGES FOR USER onsale_migrate IN SCHEMA payment_service, common GRANT USAGE ON SEQUENCES TO payment_svc_user",
        ];
        return lines.map(str::to_owned).to_vec();
    }
    let lines = [
        "CREATE USER 'onsale_migrate'@'%' IDENTIFIED BY 'change-me'",
        "CREATE USER 'payment_svc_user'@'%' IDENTIFIED BY 'change-me'",
        "CREATE DATABASE common",
        "CREATE DATABASE payment_service",
        "GRANT ALL ON common.* TO 'onsale_migrate'@'%'",
        "GRANT ALL ON payment_service.* TO 'onsale_migrate'@'%'",
    ];
    lines.map(str::to_owned).to_vec()
}

/// The rights of the schema, as lines of `deploy/sql/*-payment-rights.sql`.
fn rights(own: &Own) -> Vec<String> {
    let user = if own.engine.is_postgres() { "payment_svc_user" } else { "'payment_svc_user'@'%'" };
    let of_table = |table: &ledger::Table| {
        let rights: Vec<String> = table.rights.iter().map(ToString::to_string).collect();
        let container = if SCHEMA.tables.contains(table) { SCHEMA.name } else { "common" };
        format!("GRANT {} ON {container}.{} TO {user}", rights.join(", "), table.name)
    };
    let migrations = format!("GRANT SELECT ON payment_service.seaql_migrations TO {user}");
    SCHEMA.all_tables().map(of_table).chain([migrations]).collect()
}

fn url(own: &Own, user: &str) -> String {
    let (scheme, database) =
        if own.engine.is_postgres() { ("postgres", "ticketing") } else { ("mysql", "payment_service") };
    format!("{scheme}://{user}:change-me@127.0.0.1:{}/{database}", own.port())
}

async fn run_all(own: &Own, lines: &[String]) {
    let database = if own.engine.is_postgres() { "ticketing" } else { "mysql" };
    let administrator = Raw::to(&own.administrator(database), own.engine, &SCHEMA).await;
    for line in lines {
        administrator.run(line).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

async fn the_service_works_with_the_rights_of_its_schema_and_with_no_others(own: Own) {
    let users = users(&own);
    run_all(&own, &users).await;
    let owner = Ledger::connect(&url(&own, "onsale_migrate"), &SCHEMA, patient()).await.expect("connects");
    owner.migrate().await.expect("migrates");
    run_all(&own, &rights(&own)).await;
    // Its own migration finds nothing left to do.
    let desk = Desk::on(Site::on_server(own.engine, url(&own, "payment_svc_user"))).await;
    desk.ledger.write_and_undo().await.expect("a server looks whether it can write");
    everything_works(&desk).await;
    let waiting = outbox::next(&desk.ledger, 10).await.expect("read");
    outbox::mark_published(&desk.ledger, &[waiting[0].sequence]).await.expect("marked");
    assert_eq!(outbox::delete_published_before(&desk.ledger, LATER).await, Ok(1));
    assert_eq!(processed::delete_before(&desk.ledger, LATER).await, Ok(1));
    let raw = desk.raw().await;
    for line in [
        "CREATE TABLE more (n INT)",
        "DROP TABLE payments",
        "ALTER TABLE payments ADD COLUMN n INT",
        "DELETE FROM payments",
        "DELETE FROM refunds",
        "DELETE FROM marks",
        "DELETE FROM consumer_places",
        "DELETE FROM audit_log",
        "UPDATE audit_log SET action = 'none'",
    ] {
        let refused = raw.run(line).await.expect_err(line).to_lowercase();
        assert!(["denied", "must be owner"].iter().any(|word| refused.contains(word)), "{line}: {refused}");
    }
}

async fn everything_works(desk: &Desk) {
    let bought = desk.bought().await;
    let begun = desk.begun().await;
    desk.confirm(&begun, "t").await.ok();
    let (headers, body) = desk.notice(&bought.key, true).await;
    desk.hear(&headers, &body).await.ok();
    let (headers, body) = desk.notice("nobody's", true).await;
    desk.hear(&headers, &body).await.ok();
    let group = payment::ReservationGroup::new(desk.service.clone(), bus::Places::Kept);
    let ended = crate::told::cancelled(&desk.role.get(bought.reservation), "USER_REQUEST", None);
    bus::Handler::handle(&group, &[ended]).await.expect("noted");
    assert_eq!(bus::Handler::places(&group, &[]).await.expect("read").len(), 1);
    desk.rounds(3).await;
    payment::rows::marks::put(&desk.ledger, "compared", clock::now()).await.expect("marked");
    payment::rows::marks::put(&desk.ledger, "compared", LATER).await.expect("marked");
    assert_eq!(payment::rows::marks::find(&desk.ledger, "compared").await, Ok(Some(LATER)));
    assert_eq!(payment::rows::webhooks::forget_done(&desk.ledger, LATER, 10).await, Ok(1), "the answered one");
    let id = bought.id;
    let reply = desk.internal(crate::desk::KEY, "GET", &format!("/internal/payments/{id}"), None).await.ok();
    assert_eq!(reply.body["status"], json!("REFUNDED"));
}
