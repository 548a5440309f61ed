//! The role `reservation`, by its own rules: a book of `domain::reservation`, asked over its internal routes.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::catalog::{Grade, PreciseTime};
use domain::reservation::{
    CancelReason, Cancellation, ClaimRequest, HeardOf, HoldWish, PaymentNews, Refusal, Reservation, ReservationBook,
    SeatWish, SecureRequest, Step,
};
use domain::ticket::TicketNumber;
use domain::{AccountId, EventId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId, Timestamp};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// How long a hold lives.
pub const HOLD_MS: i64 = 300_000;
/// What a reservation of [`Role::hold`] costs: two seats.
pub const TOTAL: i64 = 100_000;

struct Inner {
    book: ReservationBook,
    is_away: bool,
    /// So many answers are lost after the call was carried out.
    replies_to_lose: usize,
    claims: usize,
    secures: usize,
}

/// The role. Cheap to clone.
#[derive(Clone)]
pub struct Role(Arc<Mutex<Inner>>);

type Answer = (StatusCode, Json<Value>);

fn refused(status: u16, code: &str) -> Answer {
    (StatusCode::from_u16(status).expect("a status"), Json(json!({"code": code})))
}

impl Default for Role {
    fn default() -> Self {
        let book = ReservationBook::new(0);
        Self(Arc::new(Mutex::new(Inner { book, is_away: false, replies_to_lose: 0, claims: 0, secures: 0 })))
    }
}

impl Role {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no panic")
    }

    /// Two seats are held by a person.
    pub fn hold(&self, user: AccountId) -> ReservationId {
        self.hold_of(user, &[Uuid::new_v4(), Uuid::new_v4()])
    }

    /// These seats are held by a person.
    pub fn hold_of(&self, user: AccountId, seats: &[Uuid]) -> ReservationId {
        let price = TOTAL / seats.len() as i64;
        self.hold_priced(user, &seats.iter().map(|id| (*id, price)).collect::<Vec<_>>())
    }

    /// Seats at these prices are held by a person.
    pub fn hold_priced(&self, user: AccountId, seats: &[(Uuid, i64)]) -> ReservationId {
        let reservation = ReservationId(Uuid::new_v4());
        let wish = |(id, price): &(Uuid, i64)| SeatWish {
            seat: SeatId(*id),
            number: format!("A-{id}"),
            grade: Grade::Vip,
            price: *price,
        };
        let wish = HoldWish {
            reservation,
            user,
            schedule: ScheduleId(Uuid::from_u128(1)),
            event: EventId(Uuid::from_u128(2)),
            seats: seats.iter().map(wish).collect(),
            seats_max: 4,
            ttl_ms: HOLD_MS,
        };
        self.decide(&Step::Hold(wish)).expect("held");
        reservation
    }

    pub fn decide(&self, step: &Step) -> Result<Reservation, Refusal> {
        self.inner().book.decide(step, clock::now()).map(|answer| answer.reservation)
    }

    /// The message that it is paid has come.
    pub fn confirm(&self, id: ReservationId) {
        let standing = self.get(id);
        let claim = standing.claim.expect("claimed");
        let (amount, hold_no, seats) = (claim.amount, Some(standing.hold_no), standing.seat_ids());
        let news = PaymentNews::Success { amount, hold_no, seats };
        let ticket_number = TicketNumber::new(clock::now(), Uuid::new_v4().as_u128() as u64);
        let heard = HeardOf { reservation: id, payment: claim.payment, news, ticket_number };
        self.decide(&Step::Hear(heard)).expect("heard");
    }

    /// Its person cancels it.
    pub fn cancel(&self, id: ReservationId) {
        let user = self.get(id).user;
        let day_begins_at = Timestamp(i64::MAX);
        self.decide(&Step::Cancel(Cancellation { reservation: id, user, day_begins_at })).expect("cancelled");
    }

    /// Holds that have run out end.
    pub fn sweep(&self) {
        self.inner().book.sweep(clock::now(), 1_000);
    }

    pub fn get(&self, id: ReservationId) -> Reservation {
        self.inner().book.get(id).cloned().expect("there")
    }

    pub fn set_away(&self, is_away: bool) {
        self.inner().is_away = is_away;
    }

    pub fn lose_replies(&self, count: usize) {
        self.inner().replies_to_lose = count;
    }

    /// How often it was asked to let a payment stand, and to keep seats.
    pub fn calls(&self) -> (usize, usize) {
        let inner = self.inner();
        (inner.claims, inner.secures)
    }

    pub fn routes(&self) -> Router {
        Router::new()
            .route("/internal/reservations/by-payment-key/{key}", get(look_by_key))
            .route("/internal/reservations/{id}", get(look))
            .route("/internal/reservations/{id}/claim", post(claim))
            .route("/internal/reservations/{id}/secure", post(secure))
            .with_state(self.clone())
    }

    fn answer(&self, id: ReservationId, step: Option<&Step>) -> Answer {
        let mut inner = self.inner();
        if inner.is_away {
            return refused(503, "SERVICE_UNAVAILABLE");
        }
        let now = clock::now();
        if let Some(Err(refusal)) = step.map(|step| inner.book.decide(step, now)) {
            return of_refusal(&refusal);
        }
        if inner.replies_to_lose > 0 {
            inner.replies_to_lose -= 1;
            return refused(500, "INTERNAL_ERROR");
        }
        match inner.book.get(id) {
            Some(reservation) => view(reservation, now),
            None => refused(404, "NOT_FOUND"),
        }
    }
}

fn of_refusal(refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::NotFound => refused(404, "NOT_FOUND"),
        Refusal::NotOwner => refused(403, "FORBIDDEN"),
        Refusal::HoldExpired => refused(410, "HOLD_EXPIRED"),
        Refusal::NotPayable => refused(422, "RESERVATION_NOT_PAYABLE"),
        Refusal::AmountMismatch => refused(400, "PAYMENT_AMOUNT_MISMATCH"),
        Refusal::PaymentExists { payment } => {
            (StatusCode::CONFLICT, Json(json!({"code": "PAYMENT_ALREADY_EXISTS", "paymentId": payment})))
        }
        Refusal::Behind => refused(503, "SERVICE_UNAVAILABLE"),
        _ => refused(409, "RESERVATION_IN_PROGRESS"),
    }
}

fn view(of: &Reservation, now: Timestamp) -> Answer {
    let left_ms = (of.hold_expires_at.millis() - now.millis()).max(0);
    let body = json!({
        "reservationId": of.id, "userId": of.user, "scheduleId": of.schedule, "eventId": of.event,
        "status": of.status.as_str(), "totalAmount": of.total_amount, "holdExpiresAt": PreciseTime(of.hold_expires_at),
        "holdExpiresInMs": if of.is_expired(now) { 0 } else { left_ms }, "holdNo": of.hold_no, "seatIds": of.seat_ids(),
        "cancelReason": of.cancel_reason.map(CancelReason::as_str), "paymentId": of.claim.map(|claim| claim.payment),
        "paymentKey": of.claim.map(|claim| claim.key), "paymentAmount": of.claim.map(|claim| claim.amount),
        "secured": of.is_live() && of.secured_at.is_some(), "something": "new",
    });
    (StatusCode::OK, Json(body))
}

async fn look(State(role): State<Role>, Path(id): Path<ReservationId>) -> Answer {
    role.answer(id, None)
}

async fn look_by_key(State(role): State<Role>, Path(key): Path<PaymentKey>) -> Answer {
    let known = role.inner().book.iter().find(|one| one.claim.is_some_and(|claim| claim.key == key)).map(|one| one.id);
    known.map_or_else(|| refused(404, "NOT_FOUND"), |id| role.answer(id, None))
}

fn id<T: From<Uuid>>(body: &Value, field: &str) -> T {
    T::from(body[field].as_str().expect(field).parse().expect(field))
}

async fn claim(State(role): State<Role>, Path(reservation): Path<ReservationId>, Json(body): Json<Value>) -> Answer {
    role.inner().claims += 1;
    let (payment, key): (PaymentId, PaymentKey) = (id(&body, "paymentId"), id(&body, "paymentKey"));
    let amount = body["amount"].as_i64().expect("an amount");
    let is_discounted = body["discounted"].as_bool().expect("said");
    let user = id(&body, "userId");
    let coupon = body["couponId"].as_str().map(|id| id.parse().expect("an id"));
    let is_provisional = body["provisional"].as_bool().expect("said");
    let hold_no = body["holdNo"].as_i64();
    let request =
        ClaimRequest { reservation, user, payment, key, amount, is_discounted, is_provisional, hold_no, coupon };
    role.answer(reservation, Some(&Step::Claim(request)))
}

async fn secure(State(role): State<Role>, Path(reservation): Path<ReservationId>, Json(body): Json<Value>) -> Answer {
    role.inner().secures += 1;
    let paid_at: PreciseTime = serde_json::from_value(body["paidAt"].clone()).expect("a time");
    let number = |field: &str| body[field].as_i64().expect(field);
    let request = SecureRequest {
        reservation,
        payment: id(&body, "paymentId"),
        amount: number("amount"),
        discount: number("discount"),
        hold_no: number("holdNo"),
        paid_at: paid_at.into(),
    };
    role.answer(reservation, Some(&Step::Secure(request)))
}
