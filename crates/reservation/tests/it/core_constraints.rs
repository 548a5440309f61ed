//! The database itself refuses what would break a promise, whatever stands above it.

use crate::core_support::*;
use domain::reservation::{ClaimRequest, Step};
use ledger::LedgerError;
use ledger_testkit::{Engine, Raw, Site, on_every_database};
use reservation::rows::TimeSource;

on_every_database!(
    a_seat_and_a_slot_have_one_live_row,
    rows_that_no_rule_makes_are_refused,
    a_payment_stands_on_one_reservation,
    a_provisional_claim_is_kept_as_one,
    the_clock_of_the_database_decides_and_no_other,
    the_migration_may_run_again,
);

fn uuid(engine: Engine, number: u128) -> String {
    engine.uuid(number)
}

/// A row of a seat, as a program with an error could write it.
async fn insert(raw: &Raw, of: u128, seat: u128, user: u128, slot: u8, live: &str) -> Result<u64, String> {
    let [of, seat, user, place] = [of, seat, user, 9].map(|number| uuid(raw.engine(), number));
    raw.run(&format!(
        "INSERT INTO reservation_seats (reservation_id, seat_id, schedule_id, user_id, seat_number, grade, price, slot, live, created_at) \
         VALUES ({of}, {seat}, {place}, {user}, 'A-1', 'S', 1, {slot}, {live}, '2026-12-01 00:00:00')"
    ))
    .await
}

async fn a_seat_and_a_slot_have_one_live_row(site: Site) {
    let books = Books::open(&site).await;
    let raw = books.raw(&site).await;
    insert(&raw, 1, 100, 50, 1, "1").await.expect("the first");
    let twice = insert(&raw, 2, 100, 51, 1, "1").await.expect_err("a seat twice").to_lowercase();
    assert!(twice.contains("unique") || twice.contains("duplicate"), "{twice}");
    insert(&raw, 3, 101, 50, 1, "1").await.expect_err("a person's slot twice");
    insert(&raw, 3, 101, 50, 2, "1").await.expect("another slot");
    // Rows of what has ended are as many as there were.
    for of in 4..7 {
        insert(&raw, of, 100, 50, 1, "NULL").await.expect("not live");
    }
}

async fn rows_that_no_rule_makes_are_refused(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.hold(1, 1, &[1]).await;
    let raw = books.raw(&site).await;
    for sql in [
        "UPDATE reservations SET status = 'SOLD'",
        "UPDATE reservations SET status = 'CANCELLED'",
        "UPDATE reservations SET status = 'CONFIRMED'",
        "UPDATE reservations SET status = 'CONFIRMED', ticket_number = 'T20261201-0123456789'",
        "UPDATE reservations SET total_amount = -1",
        "UPDATE reservation_seats SET live = 2",
        "UPDATE reservation_seats SET slot = 0",
        "UPDATE reservation_seats SET price = -1",
        "INSERT INTO hold_counter (id, value) VALUES (2, 0)",
    ] {
        raw.run(sql).await.expect_err(sql);
    }
    books.hold(2, 2, &[2]).await;
    raw.run("UPDATE reservations SET hold_no = 7").await.expect_err("two holds with one number");
}

async fn a_payment_stands_on_one_reservation(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.hold(1, 1, &[1]).await;
    books.hold(2, 1, &[2]).await;
    books.steps.claim(claim_request(1, 1, 5, PRICE)).await.expect("decided").expect("claimed");
    let twice = books.steps.claim(claim_request(2, 1, 5, PRICE)).await;
    assert!(matches!(twice, Err(LedgerError::Conflict(_))), "{twice:?}");
    assert!(books.row(2).await.claim.is_none());
}

async fn a_provisional_claim_is_kept_as_one(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.hold(1, 1, &[1]).await;
    books.hold(2, 2, &[2]).await;
    let provisional = ClaimRequest { is_discounted: true, is_provisional: true, ..claim_request(1, 1, 1, PRICE) };
    let asked = books.done(Step::Claim(provisional)).await;
    books.done(Step::Claim(claim_request(2, 2, 2, PRICE))).await;
    assert_eq!((books.row(1).await, books.row(1).await.firm_claim()), (asked, None));
    assert!(books.row(2).await.firm_claim().is_some());
    let priced = ClaimRequest { is_provisional: false, amount: PRICE - 1, hold_no: Some(1), ..provisional };
    let claimed = books.done(Step::Claim(priced)).await;
    assert_eq!(
        (books.row(1).await.firm_claim(), claimed.claim.map(|claim| claim.amount)),
        (claimed.claim, Some(PRICE - 1))
    );
    // A claim of an older program stands in the way, as it did.
    let raw = books.raw(&site).await;
    assert_eq!(raw.numbers("SELECT COUNT(*) FROM reservations WHERE claim_is_provisional IS NULL").await, [2]);
}

async fn the_clock_of_the_database_decides_and_no_other(site: Site) {
    let books = Books::open(&site).await;
    let by_database = books.by_database_clock(&site).await;
    assert_eq!(by_database.steps.terms().time, TimeSource::Database);
    // This process is two days behind: by its clock nothing that another has made ends for long.
    let behind = clock::set(domain::Timestamp(clock::now().millis() - 2 * 86_400_000));
    let held = by_database.hold(1, 1, &[1]).await;
    let now = held.hold_expires_at.millis() - TTL_MS;
    let off = now - clock::now().millis();
    if site.engine == Engine::Sqlite {
        assert_eq!(off, 0, "a file has the clock of its process");
    } else {
        assert!((172_000_000..174_000_000).contains(&off), "{off}");
        // And by the database's it has not run out, however far ahead the process is.
        drop(behind);
        let _ahead = clock::set(domain::Timestamp(now + 10 * TTL_MS));
        by_database.steps.claim(claim_request(1, 1, 1, PRICE)).await.expect("decided").expect("in time");
        assert_eq!(by_database.alone().sweep().await.expect("swept").expired, 0);
    }
}

async fn the_migration_may_run_again(site: Site) {
    let books = Books::open(&site).await;
    books.ledger.migrate().await.expect("nothing is left to do");
    let raw = books.raw(&site).await;
    assert_eq!(raw.numbers("SELECT value FROM hold_counter").await, [0]);
}
