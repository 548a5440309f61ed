//! Mails about reservations: who is told of what, once, however often it is told; and what becomes of those that cannot be
//! sent.

use crate::outsiders::Taken;
use crate::support::{Desk, KEY};
use access::Peer;
use account::mails::{TicketMailParts, UserReservationGroup};
use account::outside::Mailer;
use account::service::AccountService;
use async_trait::async_trait;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use bus::{
    DeadLetter, DeadLetters, DeadLettersUnavailable, Delivery, FailureKind, HandleError, Handler, Message, Places,
    Reason,
};
use domain::message::{Envelope, Metadata, Place, topic};
use domain::{AccountId, Timestamp};
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

on_every_database!(
    people_are_told_once_of_cancelled_shows_and_late_payments,
    the_group_keeps_its_place_with_the_mails_that_are_owed,
);

const NOON: Timestamp = Timestamp(1_796_126_400_000);
const SCHEDULE: &str = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";

/// What the other roles know.
#[derive(Default)]
struct World {
    reservations: Mutex<HashMap<String, &'static str>>,
    is_catalog_away: Mutex<bool>,
}

impl World {
    fn put(&self, reservation: Uuid, status: &'static str) {
        self.reservations.lock().expect("whole").insert(reservation.to_string(), status);
    }

    fn peers(self: &Arc<Self>) -> TicketMailParts {
        let reservation = async |State(world): State<Arc<Self>>, Path(id): Path<String>| {
            let known = world.reservations.lock().expect("whole").get(&id).copied();
            let status = if known.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
            (status, Json(json!({"reservationId": id, "status": known})))
        };
        let show = async |State(world): State<Arc<Self>>| {
            let is_away = *world.is_catalog_away.lock().expect("whole");
            let status = if is_away { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
            (status, Json(json!({"eventTitle": "Autumn night", "venueName": "Arena", "seats": [{"id": "x"}]})))
        };
        let reservations =
            Router::new().route("/internal/reservations/{id}", get(reservation)).with_state(self.clone());
        let catalog = Router::new().route("/internal/schedules/{id}", get(show)).with_state(self.clone());
        TicketMailParts {
            reservation: Some(peer("reservation", &reservations)),
            catalog: Some(peer("catalog", &catalog)),
            dead_letters: None,
        }
    }
}

fn peer(role: &'static str, routes: &Router) -> Peer {
    let peer = Peer::in_process(role, KEY, Duration::from_secs(60)).expect("a key");
    peer.connect(routes);
    peer
}

fn message(id: u128, topic: &str, kind: &str, user: Option<AccountId>, payload: Value) -> Message {
    let metadata = Metadata {
        correlation_id: format!("trace-{id}"),
        causation_id: None,
        user_id: user.map(|user| user.to_string()),
    };
    let envelope = Arc::new(Envelope {
        event_id: Uuid::from_u128(id),
        event_type: kind.into(),
        aggregate_id: format!("aggregate-{id}"),
        aggregate_type: "Reservation".into(),
        version: "v1".into(),
        timestamp: NOON,
        metadata,
        payload,
    });
    Message { delivery: Delivery::of(&Arc::from(topic), id as i64, &envelope), envelope }
}

/// A reservation that was cancelled, at the offset `id`.
pub fn cancelled(id: u128, user: AccountId, reservation: Uuid, reason: &str) -> Message {
    let payload = json!({"reservationId": reservation, "scheduleId": SCHEDULE, "seatIds": [], "reason": reason,
        "cancelledAt": "2026-12-01T12:00:00.000", "holdNo": 7});
    message(id, topic::RESERVATION_EVENTS, "ReservationCancelled", Some(user), payload)
}

fn paid(id: u128, user: AccountId, reservation: Uuid) -> Message {
    let payload = json!({"paymentKey": Uuid::from_u128(id), "reservationId": reservation, "amount": 150_000,
        "paidAt": "2026-12-01T12:00:00.000", "scheduleId": SCHEDULE, "seatIds": [], "portoneTransactionId": "t"});
    message(id, topic::PAYMENT_EVENTS, "PaymentSuccess", Some(user), payload)
}

async fn hear(accounts: &AccountService, batch: &[Message]) -> Result<(), HandleError> {
    UserReservationGroup::new(accounts.clone(), Places::OfProcess).handle(batch).await
}

/// A desk, whose people read English, with somebody to tell.
async fn desk(site: Site) -> (Desk, Arc<World>, AccountId) {
    let mut desk = Desk::open(site).await;
    let kim = desk.signed_up("kim@example.com", "ci-1").await;
    desk.raw().await.run("UPDATE users SET locale = 'en'").await.expect("changed");
    let world = Arc::new(World::default());
    desk.accounts = desk.accounts.clone().with_ticket_mails(world.peers());
    (desk, world, kim)
}

fn has(mail: &Taken, parts: &[&str]) -> bool {
    parts.iter().all(|part| mail.data.contains(part))
}

async fn people_are_told_once_of_cancelled_shows_and_late_payments(site: Site) {
    let clock = clock::set(NOON);
    let (desk, _world, kim) = desk(site).await;
    let reservation = Uuid::from_u128(77);
    let first = [
        cancelled(1, kim, reservation, "EVENT_CANCELLED"),
        cancelled(2, kim, Uuid::from_u128(78), "LATE_PAYMENT"),
        cancelled(3, kim, Uuid::from_u128(79), "USER_REQUEST"),
        cancelled(4, kim, Uuid::from_u128(80), "HOLD_EXPIRED"),
        // Twice in one batch, and told again under another id.
        cancelled(1, kim, reservation, "EVENT_CANCELLED"),
        cancelled(5, kim, reservation, "EVENT_CANCELLED"),
    ];
    hear(&desk.accounts, &first).await.expect("heard");
    hear(&desk.accounts, &first[..3]).await.expect("heard again");
    hear(&desk.accounts, &[cancelled(6, kim, reservation, "EVENT_CANCELLED")]).await.expect("heard");
    assert_eq!(desk.accounts.send_notices().await, Ok(2));
    let mails = desk.mails.after(2).await;
    assert!(mails.iter().all(|mail| mail.to == "kim@example.com"));
    let id = reservation.to_string();
    assert!(mails.iter().any(|mail| has(mail, &["Autumn night (Arena)", &id, "trace-1"])), "{mails:?}");
    assert!(mails.iter().any(|mail| has(mail, &[&Uuid::from_u128(78).to_string(), "trace-2"])), "{mails:?}");
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(desk.accounts.send_notices().await, Ok(0), "once");
    assert_eq!(desk.mails.taken().len(), 2);
}

async fn the_group_keeps_its_place_with_the_mails_that_are_owed(site: Site) {
    let _clock = clock::set(NOON);
    let (desk, _world, kim) = desk(site).await;
    let group = UserReservationGroup::new(desk.accounts.clone(), Places::Kept);
    let told = cancelled(40, kim, Uuid::from_u128(77), "EVENT_CANCELLED");
    hear(&desk.accounts, &[cancelled(30, kim, Uuid::from_u128(76), "USER_REQUEST")]).await.expect("heard");
    assert_eq!(group.places(&[]).await, Ok(Vec::new()), "the bus of one process keeps none");
    let raw = desk.raw().await;
    let owed = async || raw.numbers("SELECT COUNT(*) FROM notices WHERE message IS NOT NULL").await;
    raw.run("ALTER TABLE consumer_places RENAME TO places_away").await.expect("taken away");
    group.handle(std::slice::from_ref(&told)).await.expect_err("without a place there is no effect");
    assert_eq!(owed().await, [0]);
    raw.run("ALTER TABLE places_away RENAME TO consumer_places").await.expect("put back");
    let place = |topic: &str, next_offset| Place { topic: topic.to_owned(), partition: 0, next_offset };
    let begun = [place(topic::RESERVATION_EVENTS, 40)];
    assert_eq!(group.places(&begun).await, Ok(begun.to_vec()), "where it begins");
    group.handle(std::slice::from_ref(&told)).await.expect("heard");
    group.handle(&[paid(7, kim, Uuid::from_u128(78))]).await.expect("heard");
    group.handle(std::slice::from_ref(&told)).await.expect("heard again");
    assert_eq!(owed().await, [2]);
    let places = async || {
        let mut all = group.places(&[]).await.expect("read");
        all.sort();
        all
    };
    assert_eq!(places().await, [place(topic::PAYMENT_EVENTS, 8), place(topic::RESERVATION_EVENTS, 41)]);
    // As an older copy that was put back: rather a second mail than none.
    for table in ["notices", "processed_events", "consumer_places"] {
        raw.run(&format!("DELETE FROM {table}")).await.expect("lost");
    }
    group.handle(&[told]).await.expect("heard");
    assert_eq!((owed().await, places().await), (vec![1], vec![place(topic::RESERVATION_EVENTS, 41)]));
    group.went_past(&[place(topic::RESERVATION_EVENTS, 43)]).await.expect("noted");
    assert_eq!(places().await, [place(topic::RESERVATION_EVENTS, 43)], "behind dead letters that it never had");
    // The bus of one process notes nothing.
    let alone = UserReservationGroup::new(desk.accounts.clone(), Places::OfProcess);
    alone.went_past(&[place(topic::PAYMENT_EVENTS, 9)]).await.expect("nothing is noted");
    assert_eq!(alone.places(&[place(topic::PAYMENT_EVENTS, 3)]).await, Ok(Vec::new()));
    assert_eq!(places().await, [place(topic::RESERVATION_EVENTS, 43)]);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_invalid_and_one_about_nobody_here_is_recorded() {
    let _clock = clock::set(NOON);
    let (desk, _world, kim) = desk(Site::sqlite()).await;
    let reservation = Uuid::from_u128(77);
    let mut nobody = cancelled(1, kim, reservation, "EVENT_CANCELLED");
    Arc::make_mut(&mut nobody.envelope).metadata.user_id = None;
    let mut nonsense = cancelled(2, kim, reservation, "EVENT_CANCELLED");
    Arc::make_mut(&mut nonsense.envelope).payload = json!({"reason": 7});
    let stranger = cancelled(3, AccountId(Uuid::from_u128(5)), Uuid::from_u128(78), "EVENT_CANCELLED");
    let good = cancelled(4, kim, reservation, "EVENT_CANCELLED");
    let mut other = message(5, topic::PAYMENT_EVENTS, "PaymentFailed", None, json!({}));
    Arc::make_mut(&mut other.envelope).payload = Value::Null;
    let Err(HandleError::Failed(failures)) = hear(&desk.accounts, &[nobody, nonsense, stranger, good, other]).await
    else {
        panic!("two of them are invalid");
    };
    let failed: Vec<(usize, FailureKind)> = failures.iter().map(|failure| (failure.index, failure.kind)).collect();
    assert_eq!(failed, [(0, FailureKind::Invalid), (1, FailureKind::Invalid)]);
    assert_eq!(desk.accounts.send_notices().await, Ok(1));
    let group = UserReservationGroup::new(desk.accounts.clone(), Places::OfProcess);
    assert!(group.knows("PaymentRefunded") && !group.knows("CouponIssued"));
    assert_eq!(group.topics(), [topic::RESERVATION_EVENTS, topic::PAYMENT_EVENTS]);
    let alone = desk.accounts.clone().with_ticket_mails(TicketMailParts::default());
    assert_eq!(UserReservationGroup::new(alone, Places::OfProcess).topics(), [topic::RESERVATION_EVENTS]);
}

#[tokio::test]
async fn a_ticket_is_sent_when_reservation_has_made_it_and_none_of_what_came_too_late() {
    let clock = clock::set(NOON);
    let (desk, world, kim) = desk(Site::sqlite()).await;
    let (good, late) = (Uuid::from_u128(77), Uuid::from_u128(78));
    world.put(good, "PENDING");
    hear(&desk.accounts, &[paid(1, kim, good), paid(2, kim, late)]).await.expect("heard");
    assert_eq!(desk.accounts.send_notices().await, Ok(0), "not confirmed yet");
    world.put(good, "CONFIRMED");
    world.put(late, "CANCELLED");
    assert_eq!(desk.accounts.send_notices().await, Ok(0), "not at once again");
    clock.advance(Duration::from_secs(15));
    desk.accounts.send_notices().await.expect("sent");
    let mails = desk.mails.after(1).await;
    assert!(has(&mails[0], &[&format!("/me/tickets/{good}"), "Autumn night"]), "{mails:?}");
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(desk.accounts.send_notices().await, Ok(0));
    assert_eq!(desk.mails.taken().len(), 1);
}

#[tokio::test]
async fn a_catalog_that_is_away_and_a_sleeping_account_hold_no_mail_back_and_a_deleted_one_gets_none() {
    let _clock = clock::set(NOON);
    let (desk, world, kim) = desk(Site::sqlite()).await;
    *world.is_catalog_away.lock().expect("whole") = true;
    hear(&desk.accounts, &[cancelled(1, kim, Uuid::from_u128(77), "EVENT_CANCELLED")]).await.expect("heard");
    let raw = desk.raw().await;
    raw.run("UPDATE users SET status = 'DORMANT'").await.expect("changed");
    assert_eq!(desk.accounts.send_notices().await, Ok(1));
    assert!(!has(&desk.mails.after(1).await[0], &["Autumn"]));
    hear(&desk.accounts, &[cancelled(2, kim, Uuid::from_u128(78), "EVENT_CANCELLED")]).await.expect("heard");
    raw.run("UPDATE users SET status = 'DELETED', deleted_at = created_at").await.expect("changed");
    desk.accounts.send_notices().await.expect("looked at");
    assert_eq!(desk.mails.taken().len(), 1);
}

/// Dead letters in memory, which may be away.
#[derive(Default)]
struct Letters {
    kept: Mutex<Vec<DeadLetter>>,
    is_away: Mutex<bool>,
}

#[async_trait]
impl DeadLetters for Letters {
    async fn store(&self, letters: &[DeadLetter]) -> Result<(), DeadLettersUnavailable> {
        if *self.is_away.lock().expect("whole") {
            return Err(DeadLettersUnavailable(std::io::Error::other("away").into()));
        }
        self.kept.lock().expect("whole").extend_from_slice(letters);
        Ok(())
    }

    async fn list(&self, _: i64, _: usize) -> Result<Vec<DeadLetter>, DeadLettersUnavailable> {
        Ok(Vec::new())
    }

    async fn show(&self, _: i64) -> Result<Option<DeadLetter>, DeadLettersUnavailable> {
        Ok(None)
    }

    async fn replay(&self, _: i64) -> Result<bool, DeadLettersUnavailable> {
        Ok(false)
    }

    async fn remove(&self, _: i64) -> Result<bool, DeadLettersUnavailable> {
        Ok(false)
    }
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_in_a_day_becomes_a_dead_letter_and_is_sent_when_that_is_replayed() {
    let clock = clock::set(NOON);
    let (desk, world, kim) = desk(Site::sqlite()).await;
    let letters = Arc::new(Letters::default());
    let parts = TicketMailParts { dead_letters: Some(letters.clone()), ..world.peers() };
    let well = desk.accounts.clone().with_ticket_mails(parts);
    let away = account::outside::MailSettings { url: "smtp://127.0.0.1:1".into(), ..desk.mails.settings.clone() };
    let mut ill = well.clone();
    ill.mailer = Mailer::new(&away).expect("a mailer");
    let told = cancelled(1, kim, Uuid::from_u128(77), "EVENT_CANCELLED");
    hear(&ill, std::slice::from_ref(&told)).await.expect("heard");
    for _ in 0..50 {
        assert_eq!(ill.send_notices().await, Ok(0));
        clock.advance(Duration::from_secs(1_800));
        assert!(letters.kept.lock().expect("whole").is_empty() || clock::now() > NOON.plus_seconds(86_400));
    }
    let kept = letters.kept.lock().expect("whole").clone();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].topic.as_str(), kept[0].reason), ("dlq.reservation", Reason::MaxRetryExceeded));
    assert_eq!((kept[0].group.as_deref(), kept[0].original_offset), (Some("user-reservation-consumer"), 1));
    assert_eq!(serde_json::from_slice::<Envelope>(&kept[0].value).expect("JSON"), *told.envelope);
    assert_eq!(well.send_notices().await, Ok(0), "given up");
    // An operator replays it.
    hear(&well, &[told]).await.expect("heard");
    assert_eq!(well.send_notices().await, Ok(1));
    assert_eq!(desk.mails.after(1).await.len(), 1);
}

#[tokio::test]
async fn a_mail_stays_owed_while_dead_letters_cannot_be_kept() {
    let clock = clock::set(NOON);
    let (desk, world, kim) = desk(Site::sqlite()).await;
    let letters = Arc::new(Letters::default());
    *letters.is_away.lock().expect("whole") = true;
    let parts = TicketMailParts { dead_letters: Some(letters.clone()), ..world.peers() };
    let away = account::outside::MailSettings { url: "smtp://127.0.0.1:1".into(), ..desk.mails.settings.clone() };
    let well = desk.accounts.clone().with_ticket_mails(parts);
    let mut ill = well.clone();
    ill.mailer = Mailer::new(&away).expect("a mailer");
    hear(&ill, &[cancelled(1, kim, Uuid::from_u128(77), "LATE_PAYMENT")]).await.expect("heard");
    clock.advance(Duration::from_secs(86_400));
    assert!(ill.send_notices().await.is_err());
    clock.advance(Duration::from_secs(1_800));
    *letters.is_away.lock().expect("whole") = false;
    assert_eq!(ill.send_notices().await, Ok(0));
    assert_eq!(letters.kept.lock().expect("whole").len(), 1);
}

#[tokio::test]
async fn thousands_are_told_of_one_cancelled_show_without_waiting_between() {
    let _clock = clock::set(NOON);
    let (desk, _world, kim) = desk(Site::sqlite()).await;
    for batch in 0..3u128 {
        let told: Vec<Message> = (1..=100)
            .map(|one| cancelled(batch * 100 + one, kim, Uuid::from_u128(1_000 + batch * 100 + one), "EVENT_CANCELLED"))
            .collect();
        hear(&desk.accounts, &told).await.expect("heard");
    }
    let mut sent = 0;
    for _ in 0..6 {
        sent += desk.accounts.send_notices().await.expect("sent");
    }
    assert_eq!((sent, desk.mails.taken().len()), (300, 300));
}
