//! What is heard of payments: each message once, in any order, with the record that it was and the group's own place.

use crate::core_support::*;
use bus::{Body, Delivery, FailureKind, HandleError, Handler, Message, Places};
use domain::Timestamp;
use domain::message::{Envelope, Metadata, Place, VERSION, topic};
use domain::reservation::Step;
use hot::SeatPort;
use hot::line::Clock;
use ledger_testkit::{Site, on_every_database};
use reservation::messages::{EventGroup, PaymentGroup};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

on_every_database!(
    a_success_makes_a_ticket_once_whatever_comes_again,
    a_refund_that_overtakes_the_success_leaves_no_ticket,
    what_cannot_be_read_is_invalid_and_harms_no_other,
    two_instances_hear_the_same_messages,
    a_group_keeps_its_place_with_the_effect,
    the_bus_of_one_process_keeps_no_places,
    a_number_that_was_never_drawn_is_heard_only_when_the_others_have_said,
    messages_wait_while_the_database_is_behind,
    hot_state_follows_what_was_heard,
);

/// A message of payment `paying` about reservation `of`.
fn message(event_id: u128, kind: &str, paying: u128, payload: Value) -> Envelope {
    Envelope {
        event_id: Uuid::from_u128(event_id),
        event_type: kind.to_owned(),
        aggregate_id: payment(paying).to_string(),
        aggregate_type: "Payment".to_owned(),
        version: VERSION.to_owned(),
        timestamp: Timestamp(START.millis() + 7),
        metadata: Metadata { correlation_id: "trace-7".into(), causation_id: None, user_id: None },
        payload,
    }
}

fn succeeded(event_id: u128, of: u128, paying: u128, hold_no: i64) -> Envelope {
    let payload = json!({
        "paymentKey": Uuid::from_u128(0x6000_0000 + paying), "reservationId": id(of), "amount": PRICE,
        "paidAt": "2026-12-01T20:00:00.123", "scheduleId": schedule(1), "seatIds": [seat(of)],
        "portoneTransactionId": "tx", "holdNo": hold_no, "more": true,
    });
    message(event_id, "PaymentSuccess", paying, payload)
}

fn failed(event_id: u128, of: u128) -> Envelope {
    let payload = json!({
        "paymentKey": Uuid::from_u128(1), "reservationId": id(of), "amount": PRICE, "failureReason": "NOT_PAID",
        "failedAt": "2026-12-01T20:00:00.123",
    });
    message(event_id, "PaymentFailed", of, payload)
}

fn refunded(event_id: u128, of: u128) -> Envelope {
    let payload = json!({
        "paymentId": payment(of), "paymentKey": Uuid::from_u128(1), "reservationId": id(of), "scheduleId": schedule(1),
        "seatIds": [seat(of)], "amount": PRICE, "reason": "USER_REQUEST", "refundedAt": "2026-12-01T20:00:00.123",
        "portoneCancellationId": "c",
    });
    message(event_id, "PaymentRefunded", of, payload)
}

/// As Kafka delivers them: offsets from `first` in a partition.
fn delivered(partition: i32, first: i64, envelopes: &[Envelope]) -> Vec<Message> {
    let topic: Arc<str> = topic::PAYMENT_EVENTS.into();
    let one = |(offset, envelope): (i64, &Envelope)| {
        let envelope = Arc::new(envelope.clone());
        let bytes = serde_json::to_vec(envelope.as_ref()).expect("written");
        let delivery = Delivery { partition, body: Body::Bytes(bytes), ..Delivery::of(&topic, offset, &envelope) };
        Message { delivery, envelope }
    };
    (first..).zip(envelopes).map(one).collect()
}

fn group(books: &Books) -> PaymentGroup {
    PaymentGroup::new(books.alone(), Places::Kept)
}

async fn a_success_makes_a_ticket_once_whatever_comes_again(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.secured(1, 1, &[1]).await;
    let group = group(&books);
    let once = succeeded(1, 1, 1, 1);
    group.handle(&delivered(0, 0, &[once.clone(), once.clone()])).await.expect("heard");
    let row = books.row(1).await;
    let number = row.ticket_number.expect("a ticket").to_string();
    assert_eq!((row.status.as_str(), row.paid_amount, &number[..10]), ("CONFIRMED", Some(PRICE), "T20261201-"));
    // Again by the relay, and the same told anew.
    group.handle(&delivered(0, 2, &[once, succeeded(2, 1, 1, 1), failed(3, 1)])).await.expect("heard");
    assert_eq!(books.row(1).await.ticket_number, row.ticket_number);
    assert!(books.messages().await.is_empty());
    let raw = books.raw(&site).await;
    let recorded = "SELECT COUNT(*) FROM processed_events WHERE consumer_service = 'reservation-payment-consumer'";
    assert_eq!(raw.numbers(recorded).await, [3], "each message is recorded with its effect");
    books.done(Step::Cancel(cancellation(1, 1))).await;
    group.handle(&delivered(0, 5, &[succeeded(4, 1, 1, 1)])).await.expect("heard");
    assert_eq!(books.reasons().await, ["USER_REQUEST"], "no late payment for what was cancelled in order");
}

async fn a_refund_that_overtakes_the_success_leaves_no_ticket(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    for of in 1..=3 {
        books.secured(of, of, &[of]).await;
    }
    let group = group(&books);
    // In one batch, and in two.
    group.handle(&delivered(0, 0, &[refunded(1, 1), succeeded(2, 1, 1, 1), refunded(3, 2)])).await.expect("heard");
    group.handle(&delivered(0, 3, &[succeeded(4, 2, 2, 2), failed(5, 3), succeeded(6, 3, 3, 3)])).await.expect("heard");
    assert_eq!(books.stands(1).await, ("CANCELLED", "PAYMENT_REFUNDED", "REFUNDED"));
    assert_eq!(books.stands(2).await, ("CANCELLED", "PAYMENT_REFUNDED", "REFUNDED"));
    assert_eq!(books.stands(3).await, ("CANCELLED", "PAYMENT_FAILED", "SUCCESS"));
    let messages = books.messages().await;
    assert_eq!(books.reasons().await, ["LATE_PAYMENT", "PAYMENT_FAILED", "PAYMENT_REFUNDED", "PAYMENT_REFUNDED"]);
    let late = messages.iter().find(|one| one.payload["reason"] == "LATE_PAYMENT").expect("told");
    assert_eq!((&late.payload["holdNo"], &late.payload["seatIds"]), (&json!(3), &json!([seat(3)])));
    assert_eq!(late.metadata.causation_id, Some(Uuid::from_u128(6)));
    assert_eq!(late.metadata.correlation_id, "trace-7");
    assert_eq!(late.metadata.user_id, Some(user(3).to_string()));
    check(&books, &site).await;
}

async fn what_cannot_be_read_is_invalid_and_harms_no_other(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.secured(1, 1, &[1]).await;
    let mut no_id = succeeded(2, 1, 1, 1);
    no_id.aggregate_id = "17".into();
    let unknown = succeeded(3, 99, 99, 1);
    let broken = message(4, "PaymentFailed", 1, json!({"reservationId": id(1)}));
    let batch = delivered(0, 0, &[no_id, unknown.clone(), broken, succeeded(5, 1, 1, 1)]);
    let group = group(&books);
    for time in ["first", "again"] {
        let Err(HandleError::Failed(failures)) = group.handle(&batch).await else { panic!("{time}") };
        let mut indices: Vec<usize> = failures.iter().map(|failure| failure.index).collect();
        indices.sort_unstable();
        assert_eq!(indices, [0, 1, 2], "{time}");
        assert!(failures.iter().all(|failure| failure.kind == FailureKind::Invalid));
    }
    assert_eq!(books.stands(1).await, ("CONFIRMED", "", "SUCCESS"));
    // Replayed when its reservation is there: it was not recorded.
    books.secured(99, 2, &[2]).await;
    group.handle(&delivered(0, 9, &[unknown])).await.expect("heard");
    assert_eq!(books.stands(99).await.0, "CONFIRMED");
}

async fn two_instances_hear_the_same_messages(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    let other = books.beside(&site).await;
    for of in 1..=40 {
        books.secured(of, of, &[of]).await;
    }
    let all: Vec<Envelope> =
        (1..=40).map(|of| if of % 2 == 0 { failed(of, of) } else { succeeded(of, of, of, 0) }).collect();
    let (first, second) = (group(&books), group(&other));
    let (one, two) = (delivered(0, 0, &all), delivered(0, 0, &all));
    let (heard, again) = tokio::join!(first.handle(&one), second.handle(&two));
    heard.expect("heard");
    again.expect("heard");
    assert_eq!(books.reasons().await.len(), 20, "each failure ends its reservation once");
    let raw = books.raw(&site).await;
    assert_eq!(raw.numbers("SELECT COUNT(*) FROM reservations WHERE status = 'CONFIRMED'").await, [20]);
    assert_eq!(raw.numbers("SELECT COUNT(DISTINCT ticket_number) FROM reservations").await, [20]);
    check(&books, &site).await;
}

async fn a_group_keeps_its_place_with_the_effect(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.secured(1, 1, &[1]).await;
    let group = group(&books);
    let place = |partition, next_offset| Place { topic: topic::PAYMENT_EVENTS.into(), partition, next_offset };
    assert_eq!(group.places(&[place(2, 40)]).await, Ok(vec![place(2, 40)]), "where it begins");
    group.handle(&delivered(2, 40, &[succeeded(1, 1, 1, 1)])).await.expect("heard");
    let places = async || {
        let mut all = group.places(&[]).await.expect("read");
        all.sort();
        all
    };
    assert_eq!(places().await, [place(2, 41)]);
    // The broker counts no message that failed until it is a dead letter, and a group begins at the smaller count.
    let unknown = succeeded(2, 98, 98, 1);
    group.handle(&delivered(0, 7, &[failed(3, 1), unknown, failed(4, 1)])).await.expect_err("one is unknown");
    assert_eq!(places().await, [place(0, 10), place(2, 41)]);
    group.handle(&delivered(0, 10, &[failed(5, 1)])).await.expect("heard");
    // Read again from the beginning: nothing is lost and no place goes back.
    group.handle(&delivered(2, 40, &[succeeded(1, 1, 1, 1)])).await.expect("heard");
    assert_eq!(places().await, [place(0, 11), place(2, 41)]);
    group.went_past(&[place(0, 13)]).await.expect("noted");
    assert_eq!(places().await, [place(0, 13), place(2, 41)], "behind a dead letter that it never had");
    let events = EventGroup::new(books.alone(), Places::Kept);
    let place = Place { topic: topic::EVENT_EVENTS.into(), partition: 1, next_offset: 5 };
    events.went_past(std::slice::from_ref(&place)).await.expect("noted");
    assert_eq!(events.places(&[]).await, Ok(vec![place]));
}

async fn the_bus_of_one_process_keeps_no_places(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.secured(1, 1, &[1]).await;
    let group = PaymentGroup::new(books.alone(), Places::OfProcess);
    group.handle(&delivered(0, 40, &[succeeded(1, 1, 1, 1)])).await.expect("heard");
    let counted = Place { topic: topic::PAYMENT_EVENTS.into(), partition: 0, next_offset: 40 };
    group.went_past(std::slice::from_ref(&counted)).await.expect("nothing is noted");
    assert_eq!(group.places(&[counted]).await, Ok(Vec::new()));
    assert_eq!(books.raw(&site).await.numbers("SELECT COUNT(*) FROM consumer_places").await, [0]);
}

async fn messages_wait_while_the_database_is_behind(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.secured(1, 1, &[1]).await;
    books.fence.saw(Some(2));
    let group = group(&books);
    // One whose reservation is lost would be a dead letter; it waits for the repair, and so do all.
    let batch = delivered(0, 0, &[succeeded(1, 1, 1, 1), succeeded(2, 77, 77, 2)]);
    let waits = group.handle(&batch).await;
    assert!(matches!(waits, Err(HandleError::Unavailable(_))), "{waits:?}");
    assert_eq!(books.stands(1).await.0, "PENDING");
    reservation::rows::repair::raise_hold_no(&books.ledger, 2).await.expect("raised");
    group.handle(&batch[..1]).await.expect("heard");
    assert_eq!(books.stands(1).await.0, "CONFIRMED");
}

/// The message itself tells of a time that the database has lost, before the others were asked (hole 7).
async fn a_number_that_was_never_drawn_is_heard_only_when_the_others_have_said(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.secured(1, 1, &[1]).await;
    let group = group(&books);
    let batch = delivered(0, 0, &[succeeded(1, 1, 1, 2)]);
    let waits = group.handle(&batch).await;
    assert!(matches!(waits, Err(HandleError::Unavailable(_))), "nobody says anything here: {waits:?}");
    assert_eq!((books.stands(1).await.0, books.messages().await.len()), ("PENDING", 0));
    reservation::rows::repair::raise_hold_no(&books.ledger, 2).await.expect("raised");
    group.handle(&batch).await.expect("heard");
    assert_eq!(books.stands(1).await.0, "CONFIRMED");
}

async fn hot_state_follows_what_was_heard(site: Site) {
    use domain::seat::{HoldEnd, Window};
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.secured(1, 1, &[1]).await;
    books.secured(2, 2, &[2]).await;
    let workers = books.alone();
    // Hot state was lost: both are put right, and the one that fails is let go.
    workers.put_right().await.expect("compared");
    let follow = tokio::spawn(workers.clone().run_follow());
    let group = PaymentGroup::new(workers, Places::Kept);
    group.handle(&delivered(0, 0, &[succeeded(1, 1, 1, 1), failed(2, 2)])).await.expect("heard");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let now = books.seats.holds(schedule(1), Window::OPEN, Clock::Engine).await.expect("read");
        let seats: Vec<_> = now.holds.iter().map(|(seat, hold)| (*seat, hold.end)).collect();
        if seats == [(seat(1), HoldEnd::Kept)] {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{seats:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    follow.abort();
}
