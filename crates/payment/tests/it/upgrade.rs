//! Rows of an earlier version after `migrate`, on every database.

use domain::PaymentId;
use domain::payment::{RefundKind, RefundStatus};
use ledger::{Ledger, Schema};
use ledger_testkit::{Engine, Raw, Site, on_every_database, patient};
use payment::rows::refunds;
use payment::schema::SCHEMA;
use uuid::Uuid;

on_every_database!(refunds_of_an_earlier_version_have_the_words_of_the_contract);

/// Migrations before the one that renames.
const BEFORE: usize = 4;
const RENAMES: &str = "m20261204_000003_refund_words";

static EARLIER: Schema = Schema {
    name: SCHEMA.name,
    file: SCHEMA.file,
    topics: SCHEMA.topics,
    migrations: |database| (SCHEMA.migrations)(database).into_iter().take(BEFORE).collect(),
    tables: SCHEMA.tables,
};

async fn ledger_of(site: &Site, schema: &'static Schema) -> Ledger {
    let ledger = Ledger::connect(&site.url, schema, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    ledger
}

const AT: &str = "'2026-11-30 18:00:00'";

/// A payment with a refund of each kind, and a notice.
async fn fill(raw: &Raw) {
    let uuid = |number| raw.engine().uuid(number);
    let [one, two, three] = [1, 2, 3].map(uuid);
    let lines = [
        format!(
            "INSERT INTO payments (id, reservation_id, user_id, schedule_id, seat_ids, payment_key, amount, discount, \
             coupon_tries, payment_method, status, hold_no, hold_expires_at, captured_amount, refunded_amount, tries, \
             correlation_id, created_at, updated_at) \
             VALUES ({one}, {one}, {one}, {one}, '[]', {one}, 5, 0, 0, 'CARD', 'PENDING', 1, {AT}, 5, 0, 0, 't', {AT}, {AT})"
        ),
        format!(
            "INSERT INTO refunds (id, payment_id, kind, amount, reason, status, attempt, attempt_amount, attempt_cancellable, \
             tries, next_at, correlation_id, causation_id, made_at) \
             VALUES ({two}, {one}, 'ALL', 5, 'USER_REQUEST', 'OWED', 2, 4, 5, 3, {AT}, 'trace', {three}, {AT})"
        ),
        format!(
            "INSERT INTO refunds (id, payment_id, kind, amount, reason, status, attempt, tries, portone_cancellation_id, \
             correlation_id, made_at, done_at) \
             VALUES ({three}, {one}, 'EXCESS', 1, 'EXCESS', 'DONE', 1, 1, 'c', 'trace', {AT}, {AT})"
        ),
        format!("INSERT INTO webhooks (webhook_id, kind, received_at) VALUES ('w', 'Transaction.Paid', {AT})"),
    ];
    for line in lines {
        raw.run(&line).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

async fn refunds_of_an_earlier_version_have_the_words_of_the_contract(site: Site) {
    ledger_of(&site, &EARLIER).await;
    let raw = Raw::open(&site, &EARLIER).await;
    fill(&raw).await;
    let ledger = ledger_of(&site, &SCHEMA).await;
    demand_all(&ledger).await;
    if !site.engine.is_postgres() && site.engine != Engine::Sqlite {
        // A first run that lost its connection before its end, which the database does not undo.
        raw.run("ALTER TABLE refunds DROP CONSTRAINT ck_refunds_word").await.expect("as after half of it");
        for _ in 0..2 {
            raw.run(&format!("DELETE FROM seaql_migrations WHERE version = '{RENAMES}'")).await.expect("not noted");
            ledger_of(&site, &SCHEMA).await;
        }
        demand_all(&ledger).await;
    }
    let (one, four) = (raw.engine().uuid(1), raw.engine().uuid(4));
    for (why, line) in [
        ("the old word", "UPDATE refunds SET status = 'OWED'".to_owned()),
        ("done without a time", "UPDATE refunds SET status = 'DONE', done_at = NULL".to_owned()),
        ("no kind", "UPDATE refunds SET kind = 'HALF'".to_owned()),
        ("of no payment", format!("UPDATE refunds SET payment_id = {four}")),
        ("no time", "UPDATE refunds SET created_at = NULL".to_owned()),
        (
            "twice",
            format!(
                "INSERT INTO refunds (id, payment_id, kind, amount, reason, status, attempt, tries, correlation_id, created_at) \
                 VALUES ({four}, {one}, 'ALL', 1, 'x', 'REQUESTED', 0, 0, 't', {AT})"
            ),
        ),
    ] {
        assert!(raw.run(&line).await.is_err(), "{why}");
    }
}

async fn demand_all(ledger: &Ledger) {
    let all = refunds::of_payment(ledger, PaymentId(Uuid::from_u128(1))).await.expect("read");
    let [owed, done] = &all[..] else { panic!("{all:?}") };
    assert_eq!(
        (owed.refund.kind, owed.refund.status, owed.refund.attempts),
        (RefundKind::All, RefundStatus::Requested, 2)
    );
    assert_eq!(owed.refund.open.map(|open| (open.amount, open.cancellable)), Some((4, 5)));
    assert_eq!((owed.correlation_id.as_str(), owed.causation_id), ("trace", Some(Uuid::from_u128(3))));
    assert_eq!((done.refund.status, done.refund.cancellation.as_deref()), (RefundStatus::Done, Some("c")));
    let due = refunds::due(ledger, domain::Timestamp(i64::MAX / 2), 9).await.expect("read");
    assert_eq!(due.len(), 1, "the index and the time of the next look are there");
}
