//! Seats follow messages, in any order and however often they come.

use crate::support::{NOON, Shop, rows};
use bus::{Delivery, HandleError, Handler, Message, Places};
use catalog::{PaymentGroup, ReservationGroup};
use domain::Timestamp;
use domain::catalog::{SeatNews, SeatState, SeatStatus};
use domain::message::{Envelope, Metadata, Place, VERSION};
use ledger_testkit::{Site, on_every_database};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

on_every_database!(
    any_order_of_messages_ends_in_the_same_seats,
    a_sold_seat_is_shown_within_a_second_and_keeps_the_event,
    what_cannot_be_applied_harms_nothing_else,
    each_group_keeps_its_place_with_the_effect,
    the_bus_of_one_process_keeps_no_places,
);

fn envelope(id: u128, kind: &str, payload: Value) -> Message {
    let reservation = payload["reservationId"].as_str().unwrap_or_default().to_owned();
    let envelope = Envelope {
        event_id: Uuid::from_u128(id),
        event_type: kind.to_owned(),
        aggregate_id: reservation,
        aggregate_type: "Reservation".to_owned(),
        version: VERSION.to_owned(),
        timestamp: Timestamp(1),
        metadata: Metadata { correlation_id: "t".into(), causation_id: None, user_id: None },
        payload,
    };
    let envelope = Arc::new(envelope);
    Message { delivery: Delivery::of(&"any".into(), 0, &envelope), envelope }
}

fn success(id: u128, reservation: u128, schedule: &str, seats: &[&str], hold_no: Option<i64>) -> Message {
    let mut payload = json!({
        "paymentKey": Uuid::from_u128(1), "reservationId": Uuid::from_u128(reservation), "amount": 1,
        "paidAt": "2026-12-01T12:00:00.123", "scheduleId": schedule, "seatIds": seats, "portoneTransactionId": "t",
    });
    if let Some(hold_no) = hold_no {
        payload["holdNo"] = json!(hold_no);
    }
    envelope(id, "PaymentSuccess", payload)
}

fn cancelled(id: u128, reservation: u128, schedule: &str, seats: &[&str], hold_no: Option<i64>) -> Message {
    let mut payload = json!({
        "reservationId": Uuid::from_u128(reservation), "scheduleId": schedule, "seatIds": seats,
        "reason": "USER_REQUEST", "cancelledAt": "2026-12-01T12:00:00",
    });
    if let Some(hold_no) = hold_no {
        payload["holdNo"] = json!(hold_no);
    }
    envelope(id, "ReservationCancelled", payload)
}

fn groups(shop: &Shop, places: Places) -> (PaymentGroup, ReservationGroup) {
    let catalog = || shop.service.clone();
    (PaymentGroup::new(catalog(), places), ReservationGroup::new(catalog(), places))
}

/// Tells a message to the group that hears its kind.
async fn tell(shop: &Shop, batch: &[Message]) -> Result<(), HandleError> {
    let (payments, reservations) = groups(shop, Places::OfProcess);
    let kind = &batch[0].envelope.event_type;
    if payments.knows(kind) { payments.handle(batch).await } else { reservations.handle(batch).await }
}

/// Holds of a seat as reservation draws them: each number belongs to one reservation, and each may be sold, freed, or both.
fn holds() -> impl Strategy<Value = Vec<(i64, bool, bool)>> {
    proptest::collection::vec((1i64..5, any::<bool>(), any::<bool>()), 1..5)
}

async fn any_order_of_messages_ends_in_the_same_seats(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let mut runner = TestRunner::deterministic();
    let mut id = 1u128;
    for round in 0..12u128 {
        let event = shop.open_event(&place, json!({"title": format!("round {round}")})).await;
        let schedule = shop.schedules(&event).await.remove(0);
        let seats = shop.seats(&schedule).await;
        let (mut messages, mut wanted) = (Vec::new(), Vec::new());
        for (_, seat, _) in &seats {
            let holds = holds().new_tree(&mut runner).expect("a case").current();
            let mut state = SeatState::default();
            for (number, is_sold, is_freed) in holds {
                let reservation = round * 1_000 + number.unsigned_abs() as u128;
                let news =
                    |status| SeatNews { status, hold_no: Some(number), reservation: Uuid::from_u128(reservation) };
                if is_sold {
                    messages.push(success(id, reservation, &schedule, &[seat], Some(number)));
                    state = state.after(news(SeatStatus::Sold)).unwrap_or(state);
                }
                if is_freed {
                    messages.push(cancelled(id + 1, reservation, &schedule, &[seat], Some(number)));
                    state = state.after(news(SeatStatus::Available)).unwrap_or(state);
                }
                id += 2;
            }
            wanted.push(state.status.as_str().to_owned());
        }
        // News without a number, of which some comes too late and some too early.
        let (last, last_seat) = (seats.len() - 1, &seats[seats.len() - 1].1);
        messages.push(cancelled(id, 9_000 + round, &schedule, &[last_seat], None));
        id += 1;
        if wanted[last] == "AVAILABLE"
            && !messages
                .iter()
                .any(|one| one.envelope.payload["seatIds"][0] == **last_seat && one.envelope.payload["holdNo"].is_i64())
        {
            messages.push(success(id, 9_000 + round, &schedule, &[last_seat], None));
            id += 1;
        }
        let twice: Vec<Message> = messages.iter().chain(&messages).cloned().collect();
        let shuffled = Just(twice).prop_shuffle().new_tree(&mut runner).expect("a case").current();
        for batch in shuffled.chunk_by(|one, other| one.envelope.event_type == other.envelope.event_type) {
            tell(&shop, batch).await.expect("handled");
        }
        shop.service.drop_told().await;
        let found: Vec<String> = shop.seats(&schedule).await.into_iter().map(|(.., status)| status).collect();
        assert_eq!(found, wanted, "round {round}");
        let sold = wanted.iter().filter(|status| *status == "SOLD").count() as i64;
        let counted = format!("SELECT sold FROM event_schedules WHERE id = {}", uuid_of(&shop, &schedule));
        assert_eq!(shop.raw().await.numbers(&counted).await, [sold], "round {round}");
    }
}

async fn a_sold_seat_is_shown_within_a_second_and_keeps_the_event(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let event = shop.open_event(&place, json!({})).await;
    let schedule = shop.schedules(&event).await.remove(0);
    let seats = shop.seats(&schedule).await;
    let all: Vec<&str> = seats.iter().map(|(_, id, _)| id.as_str()).collect();
    shop.get(&format!("/events/{event}")).await.expect(200);
    let renewing = tokio::spawn(shop.service.clone().run_cache());
    tell(&shop, &[success(1, 5, &schedule, &all, Some(41))]).await.expect("handled");
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while !shop.seats(&schedule).await.iter().all(|(.., status)| status == "SOLD") {
        assert!(tokio::time::Instant::now() < deadline, "it is shown");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    renewing.abort();
    let detail = shop.get(&format!("/events/{event}")).await.expect(200);
    let day = &detail["schedules"][0];
    assert_eq!(
        (&day["isSoldOut"], &day["times"][0]["isSoldOut"], &day["times"][0]["left"]),
        (&json!(true), &json!(true), &json!(0))
    );
    let internal = shop.internal(&format!("/internal/seats/status/{schedule}")).await;
    assert_eq!(internal.header("x-hold-no"), "41");
    assert_eq!(internal.expect(200), json!({"scheduleId": schedule, "soldSeatIds": all}));
    assert_eq!(shop.delete(&format!("/events/{event}")).await.code(), (409, "EVENT_HAS_RESERVATIONS"));
    let small = shop.hall(&place.0, "Small", rows(&["Z"], 2, json!({"Z": "S"}))).await;
    let moved = shop.patch(&format!("/events/{event}"), &json!({"hallId": small})).await;
    assert_eq!(moved.code(), (409, "EVENT_NOT_MODIFIABLE"), "a sold seat keeps its hall");
    tell(&shop, &[cancelled(2, 5, &schedule, &all, Some(41))]).await.expect("handled");
    shop.delete(&format!("/events/{event}")).await.expect(200);
}

async fn what_cannot_be_applied_harms_nothing_else(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let (event, other) = (shop.open_event(&place, json!({})).await, shop.open_event(&place, json!({})).await);
    let (schedule, other) = (shop.schedules(&event).await.remove(0), shop.schedules(&other).await.remove(0));
    let (seat, foreign) = (shop.seats(&schedule).await.remove(0).1, shop.seats(&other).await.remove(0).1);
    let unknown = "0190a1b2-0000-7000-8000-00000000000f";
    let mut broken = success(3, 5, &schedule, &[&seat], Some(1)).envelope.payload.clone();
    broken.as_object_mut().expect("an object").remove("amount");
    let batch = [
        success(1, 5, unknown, &[&seat], Some(1)),
        success(2, 5, &schedule, &[&seat, unknown, &foreign], Some(1)),
        envelope(3, "PaymentSuccess", broken),
        envelope(4, "PaymentFailed", json!({"any": "thing"})),
        envelope(5, "PaymentRefunded", json!({})),
        success(2, 5, &schedule, &[&seat], Some(1)),
    ];
    let Err(HandleError::Failed(failures)) = tell(&shop, &batch).await else { panic!("two fail") };
    let mut failed: Vec<usize> = failures.iter().map(|failure| failure.index).collect();
    failed.sort_unstable();
    assert_eq!(failed, [0, 2], "{failures:?}");
    assert!(failures.iter().all(|failure| failure.kind == bus::FailureKind::Invalid));
    let raw = shop.raw().await;
    assert_eq!(raw.numbers("SELECT count(*) FROM seats WHERE status = 'SOLD'").await, [1], "a foreign seat stays");
    assert_eq!(raw.numbers("SELECT count(*) FROM processed_events").await, [3], "once each, and no invalid one");
    let groups = "SELECT DISTINCT consumer_service FROM processed_events";
    assert_eq!(raw.texts(groups).await, ["event-payment-consumer"]);
}

/// As Kafka delivers it.
fn delivered(partition: i32, offset: i64, message: Message) -> Message {
    let Message { delivery, envelope } = message;
    Message { delivery: Delivery { partition, offset, ..delivery }, envelope }
}

async fn each_group_keeps_its_place_with_the_effect(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let hall = shop.small_place().await;
    let event = shop.open_event(&hall, json!({})).await;
    let schedule = shop.schedules(&event).await.remove(0);
    let seat = shop.seats(&schedule).await.remove(0).1;
    let (payments, reservations) = groups(&shop, Places::Kept);
    let raw = shop.raw().await;
    let sold = async || raw.numbers("SELECT count(*) FROM seats WHERE status = 'SOLD'").await;
    let paid = delivered(2, 40, success(1, 5, &schedule, &[&seat], Some(1)));
    raw.run("ALTER TABLE consumer_places RENAME TO places_away").await.expect("taken away");
    payments.handle(std::slice::from_ref(&paid)).await.expect_err("without a place there is no effect");
    assert_eq!(sold().await, [0]);
    raw.run("ALTER TABLE places_away RENAME TO consumer_places").await.expect("put back");
    assert_eq!(payments.places(&[]).await, Ok(Vec::new()));
    let place = |partition, next_offset| Place { topic: "any".into(), partition, next_offset };
    assert_eq!(payments.places(&[place(2, 40)]).await, Ok(vec![place(2, 40)]), "where it begins");
    assert_eq!(reservations.places(&[place(0, 0)]).await, Ok(vec![place(0, 0)]), "where it begins");
    payments.handle(std::slice::from_ref(&paid)).await.expect("handled");
    assert_eq!(sold().await, [1]);
    let freed = delivered(0, 6, cancelled(2, 5, &schedule, &[&seat], Some(1)));
    reservations.handle(&[freed]).await.expect("handled");
    assert_eq!(sold().await, [0]);
    assert_eq!(payments.places(&[]).await, Ok(vec![place(2, 41)]));
    assert_eq!(reservations.places(&[]).await, Ok(vec![place(0, 7)]));
    // The broker's own count stands before one about an unknown schedule until it is a dead letter.
    let unknown = "0190a1b2-0000-7000-8000-00000000000f";
    payments.handle(&[delivered(2, 41, success(3, 6, unknown, &[], None))]).await.expect_err("refused");
    assert_eq!(payments.places(&[]).await, Ok(vec![place(2, 42)]));
    payments.handle(&[paid]).await.expect("heard again");
    assert_eq!((payments.places(&[]).await, sold().await), (Ok(vec![place(2, 42)]), vec![0]), "no place goes back");
    payments.went_past(&[place(2, 44)]).await.expect("noted");
    reservations.went_past(&[place(0, 9)]).await.expect("noted");
    let past = (payments.places(&[]).await, reservations.places(&[]).await);
    assert_eq!(past, (Ok(vec![place(2, 44)]), Ok(vec![place(0, 9)])), "behind dead letters that they never had");
}

async fn the_bus_of_one_process_keeps_no_places(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let (payments, reservations) = groups(&shop, Places::OfProcess);
    payments.handle(&[envelope(1, "PaymentFailed", json!({}))]).await.expect("handled");
    reservations.handle(&[envelope(2, "ReservationConfirmed", json!({}))]).await.expect("handled");
    let counted = [Place { topic: "any".into(), partition: 0, next_offset: 3 }];
    for group in [&payments as &dyn Handler, &reservations] {
        group.went_past(&counted).await.expect("nothing is noted");
    }
    assert_eq!(
        (payments.places(&counted).await, reservations.places(&counted).await),
        (Ok(Vec::new()), Ok(Vec::new()))
    );
    assert_eq!(shop.raw().await.numbers("SELECT COUNT(*) FROM consumer_places").await, [0]);
}

fn uuid_of(shop: &Shop, id: &str) -> String {
    shop.site.engine.uuid(u128::from_str_radix(&id.replace('-', ""), 16).expect("an id"))
}
