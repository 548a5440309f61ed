//! Rows of the contexts' own tables are read as they are, on every database.

use books::read::{Outbox, messages};
use books::records::{PaymentStatus, RefundKind, ReservationStatus};
use domain::Timestamp;
use domain::id::{PaymentId, PaymentKey, ReservationId};
use ledger::{Ledger, Schema};
use ledger_testkit::{Raw, Site, on_every_database, patient};
use uuid::Uuid;

/// 2026-12-01T20:00:00.
const EVENING: Timestamp = Timestamp(1_796_155_200_000);
const AT: &str = "'2026-12-01 20:00:00'";

async fn open(site: &Site, schema: &'static Schema) -> (Ledger, Raw) {
    let ledger = Ledger::connect(&site.url, schema, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    (ledger, Raw::open(site, schema).await)
}

async fn run(raw: &Raw, sql: &str) {
    raw.run(sql).await.unwrap_or_else(|refused| panic!("{sql}: {refused}"));
}

async fn reservations_are_read_with_their_seats_and_the_counter(site: Site) {
    let (ledger, raw) = open(&site, &reservation::schema::SCHEMA).await;
    let id = |number| site.engine.uuid(number);
    for (reservation, status, hold_no, reason, ticket, payment) in [
        (1, "CONFIRMED", 4, "NULL", "'T20261201-0123456789'", id(40)),
        (2, "PENDING", 5, "NULL", "NULL", id(41)),
        (3, "CANCELLED", 3, "'HOLD_EXPIRED'", "NULL", "NULL".to_owned()),
    ] {
        let own = id(reservation);
        let sql = format!(
            "INSERT INTO reservations (id, user_id, schedule_id, event_id, status, total_amount, hold_expires_at, hold_no,
             cancel_reason, ticket_number, payment_id, secured_at, payment_state, cancelled_at, created_at, updated_at)
             VALUES ({own}, {}, {}, {}, '{status}', 7000, {AT}, {hold_no}, {reason}, {ticket}, {payment}, {AT}, 'NONE', {},
             {AT}, {AT})",
            id(10),
            id(20),
            id(30),
            if status == "CANCELLED" { AT } else { "NULL" }
        );
        run(&raw, &sql).await;
    }
    for (reservation, seat, slot, live) in [(1, 51, 1, "1"), (2, 52, 2, "1"), (3, 51, 1, "NULL"), (9, 53, 3, "1")] {
        let sql = format!(
            "INSERT INTO reservation_seats (reservation_id, schedule_id, seat_id, user_id, seat_number, grade, price, slot,
             live, created_at) VALUES ({}, {}, {}, {}, 'A-1', 'S', 7000, {slot}, {live}, {AT})",
            id(reservation),
            id(20),
            id(seat),
            id(10)
        );
        run(&raw, &sql).await;
    }
    run(&raw, "UPDATE hold_counter SET value = 5").await;

    let book = books::read::reservation(&ledger).await.expect("read");
    assert_eq!(book.counter, Some(5));
    let of = |number| {
        let id = ReservationId(Uuid::from_u128(number));
        book.reservations.iter().find(|row| row.id == id).expect("a reservation")
    };
    let ticket = of(1);
    assert_eq!((ticket.status, ticket.hold_no, ticket.total_amount), (ReservationStatus::Confirmed, 4, 7_000));
    assert_eq!(ticket.payment, Some(PaymentId(Uuid::from_u128(40))));
    assert_eq!(ticket.ticket_number.as_deref(), Some("T20261201-0123456789"));
    assert_eq!((ticket.hold_expires_at, ticket.used_at, ticket.is_secured), (EVENING, None, false));
    assert!(of(2).is_secured, "a hold that is kept for its payment");
    assert_eq!((of(3).cancel_reason.as_deref(), of(3).cancelled_at), (Some("HOLD_EXPIRED"), Some(EVENING)));
    let mut seats: Vec<(u128, u128, bool)> =
        book.seats.iter().map(|row| (row.reservation.get().as_u128(), row.seat.get().as_u128(), row.is_live)).collect();
    seats.sort_unstable();
    assert_eq!(seats, [(1, 51, true), (2, 52, true), (3, 51, false), (9, 53, true)], "one of no reservation, too");
    assert!(book.seats.iter().all(|row| row.price == 7_000 && row.user.get() == Uuid::from_u128(10)));
}

async fn payments_are_read_with_their_refunds(site: Site) {
    let (ledger, raw) = open(&site, &payment::schema::SCHEMA).await;
    let id = |number| site.engine.uuid(number);
    let sql = format!(
        "INSERT INTO payments (id, reservation_id, user_id, schedule_id, seat_ids, payment_key, amount, discount, coupon_id,
         coupon_state, coupon_tries, payment_method, status, hold_no, hold_expires_at, portone_transaction_id, paid_at,
         captured_amount, refunded_amount, refunded_at, tries, correlation_id, created_at, updated_at)
         VALUES ({}, {}, {}, {}, '[]', {}, 6000, 1000, {}, 'CONFIRMED', 0, 'CARD', 'REFUNDED', 4, {AT}, 'tx', {AT}, 6000, 6000,
         {AT}, 0, 't', {AT}, {AT})",
        id(1),
        id(2),
        id(3),
        id(4),
        id(5),
        id(6)
    );
    run(&raw, &sql).await;
    let sql = format!(
        "INSERT INTO refunds (id, payment_id, kind, amount, reason, status, attempt, tries, correlation_id, created_at)
         VALUES ({}, {}, 'ALL', 6000, 'USER_REQUEST', 'REQUESTED', 0, 0, 't', {AT})",
        id(7),
        id(1)
    );
    run(&raw, &sql).await;

    let book = books::read::payment(&ledger).await.expect("read");
    let [row] = &book.payments[..] else { panic!("{book:?}") };
    assert_eq!((row.id.get(), row.key), (Uuid::from_u128(1), PaymentKey(Uuid::from_u128(5))));
    assert_eq!((row.status, row.amount, row.discount), (PaymentStatus::Refunded, 6_000, 1_000));
    assert_eq!((row.captured, row.refunded, row.hold_no, row.paid_at), (6_000, 6_000, Some(4), Some(EVENING)));
    assert_eq!(row.coupon.map(|coupon| coupon.get()), Some(Uuid::from_u128(6)));
    let [refund] = &book.refunds[..] else { panic!("{book:?}") };
    assert_eq!((refund.payment.get(), refund.kind, refund.is_done), (Uuid::from_u128(1), RefundKind::All, false));
}

async fn messages_are_read_with_the_groups_that_had_them(site: Site) {
    let (ledger, raw) = open(&site, &payment::schema::SCHEMA).await;
    let id = |number| site.engine.uuid(number);
    let is = |yes: bool| if site.engine.is_postgres() { yes.to_string() } else { u8::from(yes).to_string() };
    for (message, topic, published) in
        [(1, "payment.events", true), (2, "payment.events", false), (3, "coupon.events", true)]
    {
        let sql = format!(
            "INSERT INTO outbox_events (id, topic, aggregate_type, aggregate_id, event_type, version, payload, metadata,
             occurred_at, created_at, published, retry_count)
             VALUES ({}, '{topic}', 'Payment', 'p', 'PaymentSuccess', 'v1', '{{}}', '{{}}', {AT}, {AT}, {}, 0)",
            id(message),
            is(published)
        );
        run(&raw, &sql).await;
    }
    for (message, kind) in [(4, "Payment"), (5, "Campaign")] {
        let sql = format!(
            "INSERT INTO outbox_events (id, aggregate_type, aggregate_id, event_type, payload, created_at, published, retry_count)
             VALUES ({}, '{kind}', 'p', 'PaymentSuccess', '{{}}', {AT}, {}, 0)",
            id(message),
            is(false)
        );
        run(&raw, &sql).await;
    }
    for group in ["event-payment-consumer", "somebody-else"] {
        let sql = format!(
            "INSERT INTO processed_events (event_id, consumer_service, aggregate_id, event_type, processed_at)
             VALUES ({}, '{group}', 'p', 'PaymentSuccess', {AT})",
            id(1)
        );
        run(&raw, &sql).await;
    }

    let outbox = Outbox { ledger: &ledger, schema: payment::schema::SCHEMA.name };
    // Named twice, as on a server where all schemas share the tables.
    let book = messages(&[outbox, outbox], &["event-payment-consumer"]).await.expect("read");
    let mut read: Vec<(u128, bool)> = book.messages.iter().map(|row| (row.id.as_u128(), row.is_published)).collect();
    read.sort_unstable();
    assert_eq!(read, [(1, true), (2, false), (4, false)], "each once, and none of coupons");
    assert!(book.messages.iter().all(|row| row.topic == "payment.events"), "{book:?}");
    let heard: Vec<&String> = book.processed[&Uuid::from_u128(1)].iter().collect();
    assert_eq!(heard, ["event-payment-consumer"]);
    assert!(book.groups.contains("event-payment-consumer"));
}

on_every_database!(
    reservations_are_read_with_their_seats_and_the_counter,
    payments_are_read_with_their_refunds,
    messages_are_read_with_the_groups_that_had_them,
);
