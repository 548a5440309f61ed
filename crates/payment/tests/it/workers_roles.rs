//! The other roles as books of a test: reservation, coupon and catalog, as payment asks them.

use access::Peer;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::coupon::redemption::{Refusal, Step, Use};
use domain::coupon::{campaign::Discount, campaign::Terms};
use domain::id::{AccountId, CouponId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use domain::payment::Begin;
use domain::{CouponStatus, Timestamp, catalog::PreciseTime};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How long a coupon is reserved.
const COUPON_SECONDS: i64 = 900;

pub fn peer(role: &'static str, routes: Router) -> Peer {
    let peer = Peer::in_process(role, "key", Duration::from_secs(60)).expect("a key");
    peer.connect(&routes);
    peer
}

type Answer = (StatusCode, Json<Value>);

fn refused(status: u16, code: &str) -> Answer {
    (StatusCode::from_u16(status).expect("a status"), Json(json!({"code": code})))
}

fn away() -> Answer {
    refused(503, "SERVICE_UNAVAILABLE")
}

/// A reservation under a payment.
#[derive(Clone, Debug)]
pub struct Reservation {
    pub payment: PaymentId,
    pub key: PaymentKey,
    pub id: ReservationId,
    user: AccountId,
    schedule: ScheduleId,
    seats: Vec<SeatId>,
    pub total: i64,
    pub discount: i64,
    hold_no: i64,
    /// The number of the hold that the payment was claimed with.
    claimed_hold_no: i64,
    until: Timestamp,
    /// `PENDING`, `CONFIRMED` or `CANCELLED`.
    pub status: &'static str,
    pub cancel_reason: Option<&'static str>,
    pub secured: bool,
    /// Whether others have the seats by now.
    pub seats_are_gone: bool,
}

#[derive(Default)]
struct Book {
    all: HashMap<ReservationId, Reservation>,
    is_away: bool,
}

/// The role `reservation`. Cheap to clone.
#[derive(Clone, Default)]
pub struct Reservations {
    book: Arc<Mutex<Book>>,
    hold_no: Arc<AtomicI64>,
}

impl Reservations {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no panic")
    }

    pub fn next_hold_no(&self) -> i64 {
        self.hold_no.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn set_away(&self, is_away: bool) {
        self.book().is_away = is_away;
    }

    /// A payment stands on a new reservation.
    pub fn claimed(&self, new: &Begin) {
        let reservation = Reservation {
            payment: new.id,
            key: new.key,
            id: new.reservation,
            user: new.user,
            schedule: new.schedule,
            seats: new.seats.clone(),
            total: new.total_amount,
            discount: new.discount,
            hold_no: new.hold_no,
            claimed_hold_no: new.hold_no,
            until: new.hold_expires_at,
            status: "PENDING",
            cancel_reason: None,
            secured: false,
            seats_are_gone: false,
        };
        self.book().all.insert(new.reservation, reservation);
    }

    /// Changes a reservation, as something else in that role would.
    pub fn change(&self, id: ReservationId, change: impl FnOnce(&mut Reservation)) {
        change(self.book().all.get_mut(&id).expect("there"));
    }

    pub fn routes(&self) -> Router {
        Router::new()
            .route("/internal/reservations/by-payment-key/{key}", get(of_key))
            .route("/internal/reservations/{id}", get(look))
            .route("/internal/reservations/{id}/secure", post(secure))
            .with_state(self.clone())
    }
}

impl Reservation {
    fn view(&self) -> Answer {
        let left_ms = (self.until.millis() - clock::now().millis()).max(0);
        let body = json!({
            "reservationId": self.id, "userId": self.user, "scheduleId": self.schedule, "status": self.status,
            "totalAmount": self.total, "holdExpiresAt": PreciseTime(self.until), "holdExpiresInMs": left_ms,
            "holdNo": self.hold_no, "seatIds": self.seats, "cancelReason": self.cancel_reason,
            "paymentId": self.payment, "paymentKey": self.key, "secured": self.secured,
            "paymentAmount": self.total - self.discount,
        });
        (StatusCode::OK, Json(body))
    }
}

async fn look(State(role): State<Reservations>, Path(id): Path<ReservationId>) -> Answer {
    let book = role.book();
    match book.all.get(&id) {
        _ if book.is_away => away(),
        Some(reservation) => reservation.view(),
        None => refused(404, "NOT_FOUND"),
    }
}

async fn of_key(State(role): State<Reservations>, Path(key): Path<PaymentKey>) -> Answer {
    let book = role.book();
    match book.all.values().find(|one| one.key == key) {
        _ if book.is_away => away(),
        Some(reservation) => reservation.view(),
        None => refused(404, "NOT_FOUND"),
    }
}

/// Keeps the seats of the claimed hold, also of one that ran out after it was paid, unless others have them.
async fn secure(State(role): State<Reservations>, Path(id): Path<ReservationId>, Json(body): Json<Value>) -> Answer {
    let new_hold_no = role.next_hold_no();
    let mut book = role.book();
    if book.is_away {
        return away();
    }
    let Some(one) = book.all.get_mut(&id) else { return refused(404, "NOT_FOUND") };
    let paid_at: PreciseTime = serde_json::from_value(body["paidAt"].clone()).expect("a time");
    let is_kept = one.secured || one.status == "CONFIRMED";
    let hold_no = body["holdNo"].as_i64();
    let is_its_hold = hold_no == Some(one.claimed_hold_no) || is_kept && hold_no == Some(one.hold_no);
    let is_its_price = body["amount"].as_i64().zip(body["discount"].as_i64()).map(|(paid, off)| paid + off);
    if !is_its_hold || is_its_price != Some(one.total) {
        return refused(409, "SEAT_ALREADY_HELD");
    }
    let is_in_time = Timestamp::from(paid_at) < one.until;
    let has_ended = one.status == "CANCELLED" && one.cancel_reason != Some("HOLD_EXPIRED");
    if !is_kept && (!is_in_time || has_ended || one.seats_are_gone) {
        return refused(409, "SEAT_ALREADY_HELD");
    }
    if one.cancel_reason.take().is_some() {
        one.hold_no = new_hold_no;
        one.status = "PENDING";
    }
    one.secured = true;
    one.view()
}

#[derive(Default)]
struct CouponBook {
    uses: HashMap<CouponId, (AccountId, Use)>,
    /// What others than the usual take off.
    worth: HashMap<CouponId, i64>,
    is_away: bool,
    calls: usize,
}

/// The role `coupon`: the rules of the domain over a book. Every coupon takes 5,000 won off. Cheap to clone.
#[derive(Clone, Default)]
pub struct Coupons(Arc<Mutex<CouponBook>>);

impl Coupons {
    pub const DISCOUNT: i64 = 5_000;

    fn book(&self) -> MutexGuard<'_, CouponBook> {
        self.0.lock().expect("no panic")
    }

    pub fn set_away(&self, is_away: bool) {
        self.book().is_away = is_away;
    }

    pub fn give(&self, coupon: CouponId, to: AccountId) {
        self.book().uses.insert(coupon, (to, Use::issued(clock::now())));
    }

    /// One that takes so much off.
    pub fn give_worth(&self, coupon: CouponId, to: AccountId, discount: i64) {
        self.give(coupon, to);
        self.book().worth.insert(coupon, discount);
    }

    /// Reserves it for an order, as payment does before it makes its row.
    pub fn reserve(&self, coupon: CouponId, order: &str) -> Result<(), Refusal> {
        let mut book = self.book();
        let (_, usage) = book.uses.get_mut(&coupon).expect("given");
        let made = usage.reserve(&Self::terms(Self::DISCOUNT), order, 50_000, clock::now(), COUPON_SECONDS);
        step(usage, made).map(drop)
    }

    /// An order redeems it.
    pub fn redeem(&self, coupon: CouponId, order: &str) {
        let mut book = self.book();
        let (_, usage) = book.uses.get_mut(&coupon).expect("given");
        let made = usage.confirm(order);
        step(usage, made).expect("redeemed");
    }

    /// An order lets it go.
    pub fn let_go(&self, coupon: CouponId, order: &str) {
        let mut book = self.book();
        let (_, usage) = book.uses.get_mut(&coupon).expect("given");
        let made = usage.cancel(order, clock::now());
        step(usage, made).expect("let go");
    }

    /// Its status, and its order.
    pub fn read(&self, coupon: CouponId) -> (CouponStatus, Option<String>) {
        let book = self.book();
        let (_, usage) = book.uses.get(&coupon).expect("given");
        (usage.status, usage.order_id.clone())
    }

    /// How often the role was asked.
    pub fn calls(&self) -> usize {
        self.book().calls
    }

    /// The coupon is in no book any more.
    pub fn forget(&self, coupon: CouponId) {
        self.book().uses.remove(&coupon);
    }

    fn terms(value: i64) -> Terms {
        Terms { discount: Some(Discount::Fixed { value }), ..Terms::default() }
    }

    pub fn routes(&self) -> Router {
        Router::new()
            .route("/internal/coupons/{id}/redeem", post(redeem))
            .route("/internal/coupons/{id}/redeem/{step}", post(take_step))
            .with_state(self.clone())
    }
}

fn step(usage: &mut Use, made: Result<Step, Refusal>) -> Result<Use, Refusal> {
    match made? {
        Step::Change(after) | Step::Unchanged(after) => {
            *usage = after.clone();
            Ok(after)
        }
        Step::Released(after, refusal) => {
            *usage = after;
            Err(refusal)
        }
    }
}

fn answered(made: Result<Use, Refusal>) -> Answer {
    match made {
        Ok(usage) => {
            let body = json!({"status": usage.status.as_str(), "discountAmount": usage.discount_amount});
            (StatusCode::OK, Json(body))
        }
        Err(Refusal::AlreadyRedeemed) => refused(409, "COUPON_ALREADY_REDEEMED"),
        Err(Refusal::Reserved | Refusal::NotReserved) => refused(409, "COUPON_RESERVED"),
        Err(Refusal::NotApplicable(_)) => refused(422, "COUPON_NOT_APPLICABLE"),
    }
}

async fn redeem(State(role): State<Coupons>, Path(id): Path<CouponId>, Json(body): Json<Value>) -> Answer {
    let mut book = role.book();
    book.calls += 1;
    if book.is_away {
        return away();
    }
    let worth = book.worth.get(&id).copied().unwrap_or(Coupons::DISCOUNT);
    let Some((owner, usage)) = book.uses.get_mut(&id) else { return refused(404, "COUPON_NOT_FOUND") };
    if body["userId"] != json!(owner) {
        return refused(404, "COUPON_NOT_FOUND");
    }
    let (order, amount) = (body["orderId"].as_str().expect("an order"), body["amount"].as_i64().expect("an amount"));
    if worth >= amount {
        let body = json!({"code": "COUPON_NOT_APPLICABLE", "reason": "NOTHING_TO_PAY"});
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(body));
    }
    let made = usage.reserve(&Coupons::terms(worth), order, amount, clock::now(), COUPON_SECONDS);
    answered(step(usage, made))
}

async fn take_step(
    State(role): State<Coupons>,
    Path((id, name)): Path<(CouponId, String)>,
    Json(body): Json<Value>,
) -> Answer {
    let mut book = role.book();
    book.calls += 1;
    if book.is_away {
        return away();
    }
    let Some((_, usage)) = book.uses.get_mut(&id) else { return refused(404, "COUPON_NOT_FOUND") };
    let (order, now) = (body["orderId"].as_str().expect("an order"), clock::now());
    let made = match name.as_str() {
        "confirm" => usage.confirm(order),
        "undo" => usage.undo(order, now),
        _ => usage.cancel(order, now),
    };
    answered(step(usage, made))
}

/// The role `catalog`: schedules that have ended. Cheap to clone.
#[derive(Clone, Default)]
pub struct Catalog(Arc<Mutex<HashSet<ScheduleId>>>);

impl Catalog {
    pub fn end(&self, schedule: ScheduleId) {
        self.0.lock().expect("no panic").insert(schedule);
    }

    pub fn routes(&self) -> Router {
        Router::new().route("/internal/schedules/ended", get(ended)).with_state(self.clone())
    }
}

async fn ended(State(role): State<Catalog>) -> Json<Value> {
    let ended = role.0.lock().expect("no panic").clone();
    Json(json!({"scheduleIds": ended}))
}
