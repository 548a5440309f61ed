//! Seats compared with reservation's, put right, and what is never undone.

use crate::support::{NOON, SERVICE_KEY, Shop};
use access::Peer;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use axum::{Json, Router};
use bus::{Delivery, Handler, Message, Places};
use call::Call;
use catalog::PaymentGroup;
use catalog::compare::{ReservationSeats, SeatComparison, Watch};
use domain::Timestamp;
use domain::message::{Envelope, Metadata, VERSION};
use ledger::calls::audit::{self, Filter};
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

on_every_database!(what_differs_is_told_and_put_right_when_it_is_old);

type OnAsked = Box<dyn Fn() -> futures::future::BoxFuture<'static, ()> + Send + Sync>;

/// What reservation says.
#[derive(Default)]
struct Reservation {
    counter: Mutex<i64>,
    /// Seats with reservation and number.
    sold: Mutex<Vec<(String, u128, i64)>>,
    /// Reservations that stand, with their status.
    standing: Mutex<HashMap<u128, &'static str>>,
    held: Mutex<u64>,
    /// Which seats, and how often that was asked.
    held_seats: Mutex<(Vec<String>, usize)>,
    is_away: Mutex<bool>,
    /// Done when it is asked for a reservation: after our seats were read.
    on_asked: Mutex<Option<OnAsked>>,
}

impl Reservation {
    fn seats(self: &Arc<Self>) -> ReservationSeats {
        let refused = |reservation: &Self| *reservation.is_away.lock().expect("whole");
        let sold = async move |State(it): State<Arc<Self>>| {
            if refused(&it) {
                return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({})));
            }
            let sold = it.sold.lock().expect("whole").clone();
            let seats: Vec<Value> = sold
                .iter()
                .map(|(seat, to, number)| json!({"seatId": seat, "reservationId": Uuid::from_u128(*to), "holdNo": number}))
                .collect();
            let ids: Vec<&String> = sold.iter().map(|(seat, ..)| seat).collect();
            let counter = *it.counter.lock().expect("whole");
            (StatusCode::OK, Json(json!({"soldSeatIds": ids, "seats": seats, "counter": counter})))
        };
        let held = async move |State(it): State<Arc<Self>>, uri: Uri| {
            let status = if refused(&it) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
            let mut body = json!({"held": *it.held.lock().expect("whole")});
            if uri.query() == Some("seats=true") {
                let mut held = it.held_seats.lock().expect("whole");
                held.1 += 1;
                body["seatIds"] = json!(held.0);
            }
            (status, Json(body))
        };
        let one = async move |State(it): State<Arc<Self>>, Path(id): Path<Uuid>| {
            let asked = it.on_asked.lock().expect("whole").as_ref().map(|asked| asked());
            if let Some(asked) = asked {
                asked.await;
            }
            match it.standing.lock().expect("whole").get(&id.as_u128()) {
                Some(status) => (StatusCode::OK, Json(json!({"status": status}))),
                None => (StatusCode::NOT_FOUND, Json(json!({"code": "NOT_FOUND"}))),
            }
        };
        let routes = Router::new()
            .route("/internal/reservations/sold/{id}", get(sold))
            .route("/internal/reservations/held/{id}", get(held))
            .route("/internal/reservations/{id}", get(one))
            .with_state(self.clone());
        let peer = Peer::in_process("reservation", SERVICE_KEY, Duration::from_secs(60)).expect("a key");
        peer.connect(&routes);
        ReservationSeats::new(peer)
    }

    fn sells(&self, sold: &[(&str, u128, i64)], counter: i64) {
        *self.sold.lock().expect("whole") =
            sold.iter().map(|(seat, to, number)| ((*seat).to_owned(), *to, *number)).collect();
        *self.counter.lock().expect("whole") = counter;
    }
}

/// A shop with an event on sale, and its reservation role.
struct Scene {
    shop: Shop,
    reservation: Arc<Reservation>,
    comparison: SeatComparison,
    schedule: String,
    /// The ids of its six seats.
    seats: Vec<String>,
}

async fn scene(site: Site, clock: &clock::SetClock) -> Scene {
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let event = shop.open_event(&place, json!({})).await;
    let schedule = shop.schedules(&event).await.remove(0);
    let seats = shop.seats(&schedule).await.into_iter().map(|(_, id, _)| id).collect();
    let reservation = Arc::new(Reservation::default());
    let comparison = SeatComparison::new(shop.service.clone(), reservation.seats());
    clock.advance(Duration::from_secs(7_200));
    Scene { shop, reservation, comparison, schedule, seats }
}

/// A payment's message about these seats.
fn paid(id: u128, reservation: u128, schedule: &str, seats: &[&str], hold_no: i64) -> Message {
    let payload = json!({
        "paymentKey": Uuid::from_u128(1), "reservationId": Uuid::from_u128(reservation), "amount": 1, "holdNo": hold_no,
        "paidAt": "2026-12-01T12:00:00.123", "scheduleId": schedule, "seatIds": seats, "portoneTransactionId": "t",
    });
    let envelope = Arc::new(Envelope {
        event_id: Uuid::from_u128(id),
        event_type: "PaymentSuccess".into(),
        aggregate_id: reservation.to_string(),
        aggregate_type: "Payment".into(),
        version: VERSION.into(),
        timestamp: Timestamp(1),
        metadata: Metadata { correlation_id: "t".into(), causation_id: None, user_id: None },
        payload,
    });
    Message { delivery: Delivery::of(&"any".into(), 0, &envelope), envelope }
}

impl Scene {
    async fn tell(&self, id: u128, reservation: u128, seats: &[usize], hold_no: i64) {
        let seats: Vec<&str> = seats.iter().map(|seat| self.seats[*seat].as_str()).collect();
        let message = paid(id, reservation, &self.schedule, &seats, hold_no);
        PaymentGroup::new(self.shop.service.clone(), Places::OfProcess).handle(&[message]).await.expect("handled");
    }

    async fn kinds(&self) -> Vec<(&'static str, usize)> {
        let compared = self.comparison.compare().await.expect("compared");
        let seat = |id: String| self.seats.iter().position(|seat| *seat == id).expect("a seat of the schedule");
        compared.differences.iter().map(|one| (one.kind, seat(one.id.to_string()))).collect()
    }

    async fn sold(&self) -> Vec<usize> {
        self.shop.service.drop_told().await;
        let seats = self.shop.seats(&self.schedule).await;
        seats.iter().enumerate().filter(|(_, (.., status))| status == "SOLD").map(|(index, _)| index).collect()
    }

    /// Comparisons five minutes apart.
    async fn watch(&self, watch: &mut Watch, clock: &clock::SetClock, rounds: usize) {
        for _ in 0..rounds {
            self.comparison.watch(watch).await.expect("compared");
            clock.advance(Duration::from_secs(300));
        }
    }
}

async fn what_differs_is_told_and_put_right_when_it_is_old(site: Site) {
    let clock = clock::set(NOON);
    let scene = scene(site, &clock).await;
    let seat = |index: usize| scene.seats[index].as_str();
    // Alike; lost here; sold for nobody; sold to another since.
    scene.tell(1, 1, &[0], 5).await;
    scene.tell(2, 3, &[2], 7).await;
    scene.tell(3, 4, &[3], 8).await;
    scene.reservation.sells(&[(seat(0), 1, 5), (seat(1), 2, 6), (seat(3), 9, 12)], 20);
    let kinds = [("SEAT_NOT_SOLD", 1), ("SEAT_SOLD_FOR_NOBODY", 2), ("SEAT_SOLD_TO_ANOTHER", 3)];
    assert_eq!(scene.kinds().await, kinds);
    let mut watch = Watch::default();
    scene.watch(&mut watch, &clock, 2).await;
    assert_eq!(scene.kinds().await, kinds, "younger than ten minutes");
    scene.watch(&mut watch, &clock, 1).await;
    assert_eq!(scene.kinds().await, []);
    assert_eq!(scene.sold().await, [0, 1, 3]);
    let id = scene.shop.get(&format!("/events/schedules/{}", scene.schedule)).await.expect(200);
    assert_eq!(id["isSoldOut"], false);
    let raw = scene.shop.raw().await;
    assert_eq!(raw.numbers("SELECT sold FROM event_schedules").await, [3]);
    assert_eq!(raw.numbers("SELECT hold_no FROM event_schedules").await, [20]);
    // The seat that was freed is sold again by a greater number.
    scene.tell(4, 11, &[2], 21).await;
    assert_eq!(scene.sold().await, [0, 1, 2, 3]);
}

#[tokio::test]
async fn a_seat_whose_reservation_stands_is_never_freed() {
    let clock = clock::set(NOON);
    let scene = scene(Site::sqlite(), &clock).await;
    scene.tell(1, 1, &[0], 5).await;
    scene.reservation.sells(&[], 20);
    scene.reservation.standing.lock().expect("whole").insert(1, "PENDING");
    let mut watch = Watch::default();
    scene.watch(&mut watch, &clock, 12).await;
    assert_eq!((scene.kinds().await, scene.sold().await), (vec![("SEAT_SOLD_FOR_NOBODY", 0)], vec![0]));
    scene.reservation.standing.lock().expect("whole").insert(1, "CANCELLED");
    scene.watch(&mut watch, &clock, 1).await;
    assert_eq!(scene.sold().await, [] as [usize; 0], "it has stood for long");
}

#[tokio::test]
async fn what_comes_between_look_and_repair_stays() {
    let clock = clock::set(NOON);
    let scene = Arc::new(scene(Site::sqlite(), &clock).await);
    scene.tell(1, 1, &[0], 5).await;
    scene.reservation.sells(&[], 20);
    let mut watch = Watch::default();
    scene.watch(&mut watch, &clock, 2).await;
    // The third comparison would free it. While it asks, the seat is sold by a hold that was drawn before the counter.
    let told = Arc::downgrade(&scene);
    let tell: OnAsked = Box::new(move || {
        let told = told.upgrade();
        Box::pin(async move {
            if let Some(scene) = told {
                scene.tell(2, 2, &[0], 9).await;
            }
        })
    });
    *scene.reservation.on_asked.lock().expect("whole") = Some(tell);
    scene.watch(&mut watch, &clock, 1).await;
    *scene.reservation.on_asked.lock().expect("whole") = None;
    assert_eq!(scene.sold().await, [0]);
    let raw = scene.shop.raw().await;
    assert_eq!(raw.numbers("SELECT hold_no FROM seats WHERE status = 'SOLD'").await, [9]);
}

#[tokio::test]
async fn a_reservation_that_was_put_back_to_an_older_copy_says_nothing_that_counts() {
    let clock = clock::set(NOON);
    let scene = scene(Site::sqlite(), &clock).await;
    scene.tell(1, 1, &[0, 1], 50).await;
    scene.reservation.sells(&[], 40);
    let compared = scene.comparison.compare().await.expect("compared");
    assert_eq!((compared.schedules, compared.not_compared, compared.differences.len()), (1, 1, 0));
    scene.watch(&mut Watch::default(), &clock, 6).await;
    assert_eq!(scene.sold().await, [0, 1]);
    *scene.reservation.is_away.lock().expect("whole") = true;
    let compared = scene.comparison.compare().await.expect("compared");
    assert_eq!((compared.not_compared, compared.differences.len()), (1, 0));
}

#[tokio::test]
async fn an_operator_hears_what_two_looks_have_found_and_may_put_it_right() {
    let clock = clock::set(NOON);
    let scene = scene(Site::sqlite(), &clock).await;
    let comparison = scene.comparison.clone().with_pauses(Duration::ZERO, Duration::ZERO);
    scene.reservation.sells(&[(&scene.seats[1], 2, 6)], 20);
    let (compared, repaired) = comparison.reconcile(false).await.expect("compared");
    assert_eq!((compared.differences.len(), repaired), (1, None));
    let json = serde_json::to_value(&compared).expect("written");
    assert_eq!((&json["part"], &json["differences"][0]["id"]), (&json!("seats"), &json!(scene.seats[1])));
    assert_eq!(scene.sold().await, [] as [usize; 0]);
    let repair = async || call::within(Call::of_command("reconcile"), comparison.reconcile(true)).await;
    let (_, repaired) = repair().await.expect("repaired");
    assert_eq!(repaired.map(|repaired| (repaired.seats, repaired.left)), Some((1, 0)));
    assert_eq!(scene.sold().await, [1]);
    let (compared, repaired) = repair().await.expect("compared");
    assert_eq!((compared.differences.len(), repaired.map(|repaired| repaired.seats)), (0, Some(0)));
    let filter = Filter { action: Some("seats.repair".to_owned()), ..Filter::default() };
    let (entries, _) = audit::list(scene.shop.service.ledger(), &filter, 0, 10).await.expect("read");
    let said = entries.into_iter().map(|entry| (entry.actor_id, entry.target, entry.before, entry.after));
    let target = format!("schedule:{}", scene.schedule);
    let one = ("reconcile".to_owned(), target, None, Some(json!({"seats": 1})));
    assert_eq!(said.collect::<Vec<_>>(), [one], "a repair that found nothing leaves no entry");
}

#[tokio::test]
async fn an_event_with_held_seats_is_not_deleted_and_none_while_nobody_knows() {
    let clock = clock::set(NOON);
    let mut scene = scene(Site::sqlite(), &clock).await;
    let held: Arc<dyn catalog::HeldSeats> = Arc::new(scene.reservation.seats());
    scene.shop = scene.shop.with_held(held);
    let event = scene.shop.get("/events").await.expect(200)["list"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/events/{event}");
    *scene.reservation.held.lock().expect("whole") = 1;
    assert_eq!(scene.shop.delete(&path).await.code(), (409, "EVENT_HAS_RESERVATIONS"));
    *scene.reservation.is_away.lock().expect("whole") = true;
    assert_eq!(scene.shop.delete(&path).await.code(), (503, "SERVICE_UNAVAILABLE"));
    *scene.reservation.is_away.lock().expect("whole") = false;
    *scene.reservation.held.lock().expect("whole") = 0;
    scene.shop.delete(&path).await.expect(200);
    let raw = scene.shop.raw().await;
    let told = raw.numbers("SELECT count(*) FROM outbox_events WHERE event_type = 'EventCancelled'").await;
    assert_eq!(told, [1], "whoever holds a seat by a call under way is told");
}

#[tokio::test]
async fn free_seats_and_seats_in_payment_are_a_second_old_and_unknown_while_reservation_is_away() {
    let clock = clock::set(NOON);
    let mut scene = scene(Site::sqlite(), &clock).await;
    let held: Arc<dyn catalog::HeldSeats> = Arc::new(scene.reservation.seats());
    scene.shop = scene.shop.with_held(held);
    let shop = &scene.shop;
    let event = shop.get("/events").await.expect(200)["list"][0]["id"].as_str().expect("an id").to_owned();
    let schedule = shop.schedules(&event).await[0].clone();
    let counts = async || {
        let detail = shop.get(&format!("/events/{event}")).await.expect(200);
        let one = shop.get(&format!("/events/schedules/{schedule}")).await.expect(200);
        let listed = shop.get(&format!("/events/{event}/schedules")).await.expect(200);
        let of = |time: &Value| (time["left"].clone(), time["inPayment"].clone(), time["isSoldOut"].clone());
        let told = of(&detail["schedules"][0]["times"][0]);
        assert_eq!((&of(&one), &of(&listed["list"][0])), (&told, &told));
        told
    };
    let (unsold, _, _) = counts().await;
    let unsold = unsold.as_u64().expect("a number");
    *scene.reservation.held.lock().expect("whole") = 6 - unsold + 2;
    assert_eq!(counts().await, (json!(unsold), json!(0), json!(false)), "a second old");
    clock.advance(Duration::from_secs(3));
    assert_eq!(counts().await, (json!(unsold - 2), json!(2), json!(false)));
    *scene.reservation.held.lock().expect("whole") = 6;
    clock.advance(Duration::from_secs(3));
    assert_eq!(counts().await, (json!(0), json!(unsold), json!(false)), "all that is left is in payment");
    *scene.reservation.is_away.lock().expect("whole") = true;
    clock.advance(Duration::from_secs(3));
    assert_eq!(counts().await, (json!(unsold), Value::Null, json!(false)));
}

#[tokio::test]
async fn a_held_seat_is_shown_as_hold_and_one_that_is_sold_as_sold() {
    let clock = clock::set(NOON);
    let mut scene = scene(Site::sqlite(), &clock).await;
    let held: Arc<dyn catalog::HeldSeats> = Arc::new(scene.reservation.seats());
    scene.shop = scene.shop.with_held(held);
    scene.tell(1, 1, &[0], 5).await;
    scene.shop.service.drop_told().await;
    let hold = |seats: &[usize]| {
        let seats = seats.iter().map(|seat| scene.seats[*seat].clone()).collect();
        scene.reservation.held_seats.lock().expect("whole").0 = seats;
        clock.advance(Duration::from_secs(3));
    };
    let shown = async || {
        let path = format!("/events/schedules/{}/seats", scene.schedule);
        let told = scene.shop.get(&path).await;
        assert_eq!(told.header("etag"), "", "nothing stands for what changes each second");
        assert_eq!(told.header("cache-control"), "no-cache");
        let told = told.expect(200);
        let seats = told["grades"].as_array().expect("grades").iter().flat_map(|grade| grade["seats"].as_array());
        let of = |seat: &Value| seat["status"].as_str().expect("a status")[..1].to_owned();
        seats.flatten().map(of).collect::<String>()
    };
    assert_eq!(shown().await, "SAAAAA");
    hold(&[0, 1, 4]);
    assert_eq!(shown().await, "SHAAHA", "a seat that is sold is sold, whoever holds it");
    let asked = scene.reservation.held_seats.lock().expect("whole").1;
    futures::future::join_all((0..100).map(|_| shown())).await;
    assert_eq!(scene.reservation.held_seats.lock().expect("whole").1, asked, "once a second for all readers");
    // Sold since: the seats that are kept are others, the holds the same.
    scene.tell(2, 2, &[1], 6).await;
    scene.shop.service.drop_told().await;
    assert_eq!(shown().await, "SSAAHA");
    hold(&[]);
    assert_eq!(shown().await, "SSAAAA");
    hold(&[3]);
    assert_eq!(shown().await, "SSAHAA");
    *scene.reservation.is_away.lock().expect("whole") = true;
    clock.advance(Duration::from_secs(3));
    assert_eq!(shown().await, "SSAAAA", "nobody knows, and nothing is refused");
}
