//! How far `coupon-group` has read stands with the rows of what it has read (amendments, hole 8).

use crate::support::{Books, issued};
use async_trait::async_trait;
use bus::{Delivery, FailureKind, HandleError, Handler, Message, Places};
use coupon::issuer::{CouponGroup, GateReporter, Issuer, Outcome, Requests};
use coupon::rows::coupons;
use domain::line::QueueNumber;
use domain::message::{CouponRequested, Envelope, Place, event_type, topic};
use domain::{Campaign, Timestamp};
use ledger_testkit::{Site, on_every_database};
use std::sync::Arc;
use uuid::Uuid;

on_every_database!(
    rows_and_decisions_are_stored_with_the_place_of_the_group,
    the_place_of_a_topic_stands_with_its_own_rows,
    a_kind_of_another_topic_is_refused_and_takes_no_place_along,
    the_bus_of_one_process_keeps_no_places,
);

struct NoGate;

#[async_trait]
impl GateReporter for NoGate {
    async fn report(&self, _: Vec<Outcome>) {}
}

fn group(books: &Books, places: Places) -> CouponGroup {
    let requests = Requests::new(books.ledger.clone(), Arc::new(NoGate));
    CouponGroup::new(Issuer::new(books.ledger.clone()), requests, places)
}

/// As Kafka delivers it.
fn delivered(topic: &str, (partition, offset): (i32, i64), envelope: Envelope) -> Message {
    let envelope = Arc::new(envelope);
    let delivery = Delivery { partition, ..Delivery::of(&topic.into(), offset, &envelope) };
    Message { delivery, envelope }
}

/// The decision of a coupon.
fn decided(sale: &Campaign, serial: u32, at: (i32, i64)) -> Message {
    let (event_id, coupon) = issued(sale, serial);
    let key = sale.id.to_string();
    let kind = event_type::COUPON_ISSUED;
    delivered(topic::COUPON_EVENTS, at, Envelope::about_campaign(event_id, kind, key, Timestamp(0), None, &coupon))
}

/// The request of a person whose turn has come.
fn requested(sale: &Campaign, number: u64, at: (i32, i64)) -> Message {
    let payload = CouponRequested {
        tenant: sale.id.tenant.to_string(),
        campaign_id: sale.id.event.to_string(),
        user_id: format!("w{number}"),
        number: QueueNumber(number),
    };
    let (id, key) = (Uuid::from_u128(0xA000 + u128::from(number)), sale.id.to_string());
    let kind = event_type::COUPON_REQUESTED;
    delivered(topic::COUPON_REQUESTS, at, Envelope::about_campaign(id, kind, key, Timestamp(0), None, &payload))
}

async fn kept(books: &Books, sale: &Campaign) -> u64 {
    coupons::counts(&books.ledger, &sale.id).await.expect("counted").kept()
}

async fn places(group: &CouponGroup) -> Vec<Place> {
    let mut all = group.places(&[]).await.expect("read");
    all.sort();
    all
}

fn place(topic: &str, partition: i32, next_offset: i64) -> Place {
    Place { topic: topic.to_owned(), partition, next_offset }
}

async fn rows_and_decisions_are_stored_with_the_place_of_the_group(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    let group = group(&books, Places::Kept);
    let batch = [decided(&sale, 1, (3, 40)), requested(&sale, 1, (1, 7)), decided(&sale, 2, (0, 5))];
    let raw = books.raw().await;
    raw.run("ALTER TABLE consumer_places RENAME TO places_away").await.expect("taken away");
    for alone in &batch {
        group.handle(std::slice::from_ref(alone)).await.expect_err("without a place there is no effect");
    }
    assert_eq!(kept(&books, &sale).await, 0);
    raw.run("ALTER TABLE places_away RENAME TO consumer_places").await.expect("put back");
    assert_eq!(places(&group).await, []);
    let begun = [place(topic::COUPON_EVENTS, 0, 5), place(topic::COUPON_REQUESTS, 1, 7)];
    assert_eq!(group.places(&begun).await.map(|all| all.len()), Ok(2));
    assert_eq!(places(&group).await, begun, "where it begins");
    for _ in 0..2 {
        group.handle(&batch).await.expect("stored");
        assert_eq!(kept(&books, &sale).await, 3);
        let all = [
            place(topic::COUPON_EVENTS, 0, 6),
            place(topic::COUPON_EVENTS, 3, 41),
            place(topic::COUPON_REQUESTS, 1, 8),
        ];
        assert_eq!(places(&group).await, all);
    }
}

async fn the_place_of_a_topic_stands_with_its_own_rows(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    let group = group(&books, Places::Kept);
    let raw = books.raw().await;
    // The writes of a request fail, and those of a decision do not.
    raw.run("ALTER TABLE outbox_events RENAME TO outbox_away").await.expect("taken away");
    let batch = [decided(&sale, 1, (0, 40)), requested(&sale, 1, (0, 7))];
    group.handle(&batch).await.expect_err("the request is not decided");
    assert_eq!(kept(&books, &sale).await, 1);
    assert_eq!(places(&group).await, [place(topic::COUPON_EVENTS, 0, 41)]);
    // The broker's own count stands before one that is refused until it is a dead letter.
    group.handle(&[decided(&sale, 11, (0, 41))]).await.expect_err("beyond the stock");
    assert_eq!(places(&group).await, [place(topic::COUPON_EVENTS, 0, 42)]);
    group.went_past(&[place(topic::COUPON_EVENTS, 0, 44), place(topic::COUPON_REQUESTS, 1, 3)]).await.expect("noted");
    let past = [place(topic::COUPON_EVENTS, 0, 44), place(topic::COUPON_REQUESTS, 1, 3)];
    assert_eq!(places(&group).await, past, "behind dead letters that it never had");
}

async fn a_kind_of_another_topic_is_refused_and_takes_no_place_along(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    let group = group(&books, Places::Kept);
    let raw = books.raw().await;
    let mut strange = decided(&sale, 1, (0, 8));
    strange.delivery.topic = topic::COUPON_REQUESTS.into();
    let batch = [requested(&sale, 1, (0, 7)), strange];
    raw.run("ALTER TABLE outbox_events RENAME TO outbox_away").await.expect("taken away");
    group.handle(&batch).await.expect_err("the request is not decided");
    assert_eq!((kept(&books, &sale).await, places(&group).await), (0, Vec::new()));
    raw.run("ALTER TABLE outbox_away RENAME TO outbox_events").await.expect("put back");
    let Err(HandleError::Failed(failures)) = group.handle(&batch).await else { panic!("one is refused") };
    let refused: Vec<(usize, FailureKind)> = failures.iter().map(|one| (one.index, one.kind)).collect();
    assert_eq!(refused, [(1, FailureKind::Invalid)]);
    assert_eq!((kept(&books, &sale).await, places(&group).await), (1, vec![place(topic::COUPON_REQUESTS, 0, 9)]));
}

async fn the_bus_of_one_process_keeps_no_places(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    let group = group(&books, Places::OfProcess);
    group.handle(&[decided(&sale, 1, (0, 40)), requested(&sale, 1, (0, 7))]).await.expect("stored");
    group.went_past(&[place(topic::COUPON_EVENTS, 0, 42)]).await.expect("nothing is noted");
    assert_eq!(group.places(&[place(topic::COUPON_EVENTS, 0, 40)]).await, Ok(Vec::new()));
    assert_eq!(kept(&books, &sale).await, 2);
    assert_eq!(books.raw().await.numbers("SELECT COUNT(*) FROM consumer_places").await, [0]);
}
