//! The end of a reservation is noted, once, in whatever order it comes (PAY-012, hole 14).

use crate::desk::Desk;
use crate::told::cancelled;
use bus::{Delivery, FailureKind, HandleError, Handler, Message, Places};
use domain::message::{Place, topic};
use domain::payment::{PaymentStatus, RefundKind};
use ledger_testkit::{Site, on_every_database};
use payment::ReservationGroup;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

on_every_database!(
    the_end_of_a_reservation_is_noted_once,
    what_cannot_be_read_harms_nothing_else,
    the_group_keeps_its_place_with_the_effect,
    the_bus_of_one_process_keeps_no_places,
);

fn again(message: &Message, change: impl FnOnce(&mut Value)) -> Message {
    let mut envelope = message.envelope.as_ref().clone();
    change(&mut envelope.payload);
    Message { delivery: message.delivery.clone(), envelope: Arc::new(envelope) }
}

async fn the_end_of_a_reservation_is_noted_once(site: Site) {
    let desk = Desk::on(site).await;
    let group = ReservationGroup::new(desk.service.clone(), Places::OfProcess);
    let (pending, bought, older) = (desk.begun().await, desk.bought().await, desk.bought().await);
    let of = |begun: &crate::desk::Begun| desk.role.get(begun.reservation);
    let number = |begun| of(begun).hold_no;
    let messages = [
        cancelled(&of(&pending), "USER_REQUEST", Some(number(&pending))),
        cancelled(&of(&bought), "EVENT_CANCELLED", None),
        cancelled(&of(&older), "HOLD_EXPIRED", Some(number(&older) - 1)),
    ];
    // Twice in a batch, and the batch twice.
    let batch: Vec<Message> = messages.iter().chain(&messages).cloned().collect();
    group.handle(&batch).await.expect("noted");
    group.handle(&batch).await.expect("noted again");
    let row = desk.read(pending.id).await;
    let note = row.cancelled.expect("noted");
    assert_eq!(
        (note.reason.as_str(), note.hold_no, row.status),
        ("USER_REQUEST", Some(number(&pending)), PaymentStatus::Pending)
    );
    assert_eq!(row.due_at, Some(clock::now()), "it is due at once");
    assert_eq!(desk.owed(bought.id).await, [(RefundKind::All, "EVENT_CANCELLED".to_owned())]);
    assert_eq!(desk.owed(older.id).await, [], "an older hold has ended");
    assert_eq!(desk.read(bought.id).await.status, PaymentStatus::Success, "until the money is back");
    desk.rounds(3).await;
    assert_eq!(desk.read(bought.id).await.status, PaymentStatus::Refunded);
    let told = desk.messages().await.into_iter().find(|one| one.event_type == "PaymentRefunded").expect("told");
    assert_eq!(
        (told.payload["reason"].as_str(), told.payload["paymentId"].as_str()),
        (Some("EVENT_CANCELLED"), Some(&*bought.id.to_string()))
    );
    assert!(!told.payload["portoneCancellationId"].as_str().expect("an id").is_empty());
    assert_eq!(desk.read(pending.id).await.status, PaymentStatus::Pending, "reservation says that its hold runs");
}

async fn what_cannot_be_read_harms_nothing_else(site: Site) {
    let desk = Desk::on(site).await;
    let group = ReservationGroup::new(desk.service.clone(), Places::OfProcess);
    let bought = desk.bought().await;
    let good = cancelled(&desk.role.get(bought.reservation), "USER_REQUEST", None);
    let unknown = again(&good, |payload| payload["reservationId"] = json!(Uuid::new_v4()));
    let mut batch = vec![Message {
        envelope: Arc::new(domain::message::Envelope { event_id: Uuid::new_v4(), ..unknown.envelope.as_ref().clone() }),
        ..unknown
    }];
    for field in ["reservationId", "scheduleId", "seatIds", "reason", "cancelledAt"] {
        batch.push(again(&good, |payload| drop(payload.as_object_mut().expect("an object").remove(field))));
        batch.push(again(&good, |payload| payload[field] = json!({"a": 1})));
    }
    batch.push(again(&good, |payload| *payload = json!("nothing")));
    batch.push(good.clone());
    let Err(HandleError::Failed(failures)) = group.handle(&batch).await else { panic!("refused") };
    let indices: Vec<usize> = failures.iter().map(|failure| failure.index).collect();
    assert_eq!(indices, (1..=11).collect::<Vec<_>>());
    assert!(failures.iter().all(|failure| failure.kind == FailureKind::Invalid));
    assert_eq!(desk.owed(bought.id).await, [(RefundKind::All, "USER_REQUEST".to_owned())], "the good one is noted");
}

/// As Kafka delivers it.
fn delivered(partition: i32, offset: i64, message: Message) -> Message {
    let Message { delivery, envelope } = message;
    Message { delivery: Delivery { partition, offset, ..delivery }, envelope }
}

async fn the_group_keeps_its_place_with_the_effect(site: Site) {
    let desk = Desk::on(site).await;
    let group = ReservationGroup::new(desk.service.clone(), Places::Kept);
    let bought = desk.bought().await;
    let ended = delivered(2, 40, cancelled(&desk.role.get(bought.reservation), "USER_REQUEST", None));
    let raw = desk.raw().await;
    raw.run("ALTER TABLE consumer_places RENAME TO places_away").await.expect("taken away");
    group.handle(std::slice::from_ref(&ended)).await.expect_err("without a place there is no effect");
    assert_eq!(desk.owed(bought.id).await, []);
    raw.run("ALTER TABLE places_away RENAME TO consumer_places").await.expect("put back");
    assert_eq!(group.places(&[]).await, Ok(Vec::new()));
    let place = |next_offset| Place { topic: topic::RESERVATION_EVENTS.into(), partition: 2, next_offset };
    assert_eq!(group.places(&[place(40)]).await, Ok(vec![place(40)]), "where it begins");
    group.handle(std::slice::from_ref(&ended)).await.expect("noted");
    assert_eq!(desk.owed(bought.id).await, [(RefundKind::All, "USER_REQUEST".to_owned())]);
    assert_eq!(group.places(&[]).await, Ok(vec![place(41)]));
    // The broker's own count stands before one that cannot be read until it is a dead letter.
    let broken = again(&delivered(2, 41, ended.clone()), |payload| *payload = json!("nothing"));
    group.handle(&[broken]).await.expect_err("refused");
    assert_eq!(group.places(&[]).await, Ok(vec![place(42)]));
    group.handle(&[ended]).await.expect("heard again");
    assert_eq!(group.places(&[]).await, Ok(vec![place(42)]), "no place goes back");
    group.went_past(&[place(44)]).await.expect("noted");
    assert_eq!(group.places(&[]).await, Ok(vec![place(44)]), "behind a dead letter that it never had");
}

async fn the_bus_of_one_process_keeps_no_places(site: Site) {
    let desk = Desk::on(site).await;
    let group = ReservationGroup::new(desk.service.clone(), Places::OfProcess);
    let bought = desk.bought().await;
    let ended = delivered(0, 40, cancelled(&desk.role.get(bought.reservation), "USER_REQUEST", None));
    group.handle(&[ended]).await.expect("noted");
    let counted = Place { topic: topic::RESERVATION_EVENTS.into(), partition: 0, next_offset: 40 };
    group.went_past(std::slice::from_ref(&counted)).await.expect("nothing is noted");
    assert_eq!(group.places(&[counted]).await, Ok(Vec::new()));
    assert_eq!(desk.raw().await.numbers("SELECT COUNT(*) FROM consumer_places").await, [0]);
}

#[tokio::test]
async fn a_message_while_the_tables_are_away_is_not_counted() {
    let desk = Desk::new().await;
    let bought = desk.bought().await;
    let group = ReservationGroup::new(desk.service.clone(), Places::OfProcess);
    let message = cancelled(&desk.role.get(bought.reservation), "USER_REQUEST", None);
    desk.ledger.close().await.expect("closed");
    assert!(matches!(group.handle(&[message]).await, Err(HandleError::Unavailable(_))));
}

#[tokio::test]
async fn the_handlers_name_their_group_and_know_their_kind() {
    let desk = Desk::new().await;
    let handlers = desk.service.handlers(Places::OfProcess);
    assert_eq!(handlers.iter().map(|one| one.group().to_owned()).collect::<Vec<_>>(), ["payment-reservation-consumer"]);
    assert!(handlers[0].knows("ReservationCancelled") && !handlers[0].knows("PaymentSuccess"));
}
