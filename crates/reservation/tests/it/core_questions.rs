//! Payment is asked for what no message has told, and told what it has lost.

use crate::core_support::*;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::id::PaymentId;
use domain::reservation::{ClaimRequest, Refusal, Step};
use ledger_testkit::{Site, on_every_database};
use reservation::workers::Workers;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

on_every_database!(
    a_lost_success_is_asked_for_after_a_minute,
    a_lost_failure_and_a_lost_refund_end_the_reservation,
    a_lost_cancellation_is_told_again_until_the_money_goes_back,
    a_payment_that_payment_has_lost_is_adopted,
    a_coupon_that_was_refused_leaves_nothing_to_adopt,
    payment_is_asked_by_one_instance_and_again_in_a_minute,
    what_others_have_stored_shows_a_restored_database,
    what_was_paid_is_taken_over_after_a_restore,
);

/// What a payment role knows: answers by payment, calls in order.
#[derive(Clone, Default)]
struct Payments(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    answers: HashMap<PaymentId, Value>,
    asked: Vec<PaymentId>,
    adopted: Vec<Value>,
    hold_no: i64,
    is_away: bool,
}

impl Payments {
    fn routes(&self) -> Router {
        Router::new()
            .route("/internal/payments/{id}", get(Self::payment))
            .route("/internal/payments/adopt", post(Self::adopt))
            .route("/internal/schedules/ended", get(Self::payment_none))
            .with_state(self.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.0.lock().expect("whole"))
    }

    async fn payment(State(own): State<Self>, Path(id): Path<PaymentId>) -> Response {
        own.with(|known| {
            known.asked.push(id);
            let number = [("x-hold-no", known.hold_no.to_string())];
            if known.is_away {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
            match known.answers.get(&id) {
                Some(answer) => (number, Json(answer.clone())).into_response(),
                None => (StatusCode::NOT_FOUND, number, "{}").into_response(),
            }
        })
    }

    /// The catalog has stored as much.
    async fn payment_none(State(own): State<Self>) -> Response {
        own.with(|known| ([("x-hold-no", known.hold_no.to_string())], Json(json!({"scheduleIds": []}))).into_response())
    }

    async fn adopt(State(own): State<Self>, Json(body): Json<Value>) -> Response {
        own.with(|known| known.adopted.push(body));
        StatusCode::OK.into_response()
    }

    fn answer(&self, of: u128, status: &str, refund: Option<&str>) {
        let answer = json!({
            "paymentId": payment(of), "paymentKey": uuid::Uuid::from_u128(0x6000_0000 + of), "reservationId": id(of),
            "userId": user(of), "status": status, "amount": PRICE, "holdNo": 1,
            "paidAt": "2026-12-01T20:00:00.123", "refund": refund,
        });
        self.with(|known| known.answers.insert(payment(of), answer));
    }

    fn asked(&self) -> usize {
        self.with(|known| known.asked.len())
    }
}

fn workers(books: &Books, payments: &Payments) -> Workers {
    books.workers(payments.routes(), payments.routes())
}

async fn a_lost_success_is_asked_for_after_a_minute(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let payments = Payments::default();
    let workers = workers(&books, &payments);
    books.secured(1, 1, &[1]).await;
    payments.answer(1, "SUCCESS", None);
    clock.advance(Duration::from_millis(59_999));
    assert_eq!(workers.ask_payment().await, Ok(0), "its message may still come");
    clock.advance(Duration::from_millis(1));
    assert_eq!(workers.ask_payment().await, Ok(1));
    let row = books.row(1).await;
    assert_eq!((row.status.as_str(), row.ask_at), ("CONFIRMED", None));
    assert!(row.ticket_number.expect("a ticket").to_string().starts_with("T20261201-"));
    // The message comes after all.
    books.done(hear(1, 1, success(PRICE, 1))).await;
    assert_eq!(books.row(1).await.ticket_number, row.ticket_number);
    clock.advance(Duration::from_secs(600));
    assert_eq!(workers.ask_payment().await, Ok(0), "nothing is missing");
}

async fn a_lost_failure_and_a_lost_refund_end_the_reservation(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let payments = Payments::default();
    let workers = workers(&books, &payments);
    for of in 1..=3 {
        books.secured(of, of, &[of]).await;
    }
    payments.answer(1, "FAILED", None);
    payments.answer(2, "REFUNDED", Some("DONE"));
    payments.answer(3, "PENDING", None);
    clock.advance(Duration::from_secs(60));
    assert_eq!(workers.ask_payment().await, Ok(3));
    assert_eq!(books.stands(1).await, ("CANCELLED", "PAYMENT_FAILED", "FAILED"));
    assert_eq!(books.stands(2).await, ("CANCELLED", "PAYMENT_REFUNDED", "REFUNDED"));
    assert_eq!(books.stands(3).await, ("PENDING", "", "NONE"), "a secured hold has no other end");
    clock.advance(Duration::from_secs(60));
    assert_eq!(workers.ask_payment().await, Ok(1));
}

async fn a_lost_cancellation_is_told_again_until_the_money_goes_back(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let payments = Payments::default();
    let workers = workers(&books, &payments);
    books.confirmed(1, 1, &[1]).await;
    books.done(Step::Cancel(cancellation(1, 1))).await;
    let told = async || {
        let messages = books.messages().await;
        let mut ids: Vec<_> = messages.iter().map(|one| one.event_id).collect();
        ids.dedup();
        (messages.len(), ids.len())
    };
    for (status, refund, messages) in
        [("SUCCESS", None, 2), ("SUCCESS", None, 3), ("SUCCESS", Some("RUNNING"), 3), ("REFUNDED", Some("DONE"), 3)]
    {
        payments.answer(1, status, refund);
        clock.advance(Duration::from_secs(60));
        assert_eq!(workers.ask_payment().await, Ok(1));
        assert_eq!(told().await, (messages, messages), "{status} {refund:?}: each with an id of its own");
    }
    clock.advance(Duration::from_secs(60));
    assert_eq!(workers.ask_payment().await, Ok(0));
    assert_eq!(books.reasons().await, ["USER_REQUEST"; 3]);
}

async fn a_payment_that_payment_has_lost_is_adopted(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let payments = Payments::default();
    let workers = workers(&books, &payments);
    books.secured(1, 1, &[1]).await;
    clock.advance(Duration::from_secs(60));
    assert_eq!(workers.ask_payment().await, Ok(1));
    let adopted = payments.with(|known| known.adopted.clone());
    let body = json!({
        "paymentId": payment(1), "paymentKey": uuid::Uuid::from_u128(0x6000_0001), "reservationId": id(1),
        "userId": user(1), "amount": PRICE, "holdNo": 1, "scheduleId": schedule(1), "seatIds": [seat(1)],
        "holdExpiresAt": domain::catalog::PreciseTime(after(TTL_MS)), "couponId": null, "discountAmount": null,
        "confirmed": false,
    });
    assert_eq!(adopted, [body]);
    // Settled there by a look-up: it asks again, and hears the same.
    books.done(Step::Secure(secure_request(1, 1, PRICE, 1, START))).await;
    books.done(hear(1, 1, success(PRICE, 1))).await;
    let again = books.step(Step::Secure(secure_request(1, 1, PRICE, 1, START))).await.expect("of the same payment");
    assert_eq!((again.has_changed, again.reservation.status.as_str()), (false, "CONFIRMED"));
}

/// Its claim was provisional to the end: payment would make a payment that nobody has begun, and tell that it failed.
async fn a_coupon_that_was_refused_leaves_nothing_to_adopt(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let payments = Payments::default();
    let workers = workers(&books, &payments);
    let asking = |of: u128| {
        let claim = claim_request(of, of, of, PRICE - 100);
        Step::Claim(ClaimRequest { is_discounted: true, is_provisional: true, ..claim })
    };
    for of in [1, 2] {
        books.hold(of, of, &[of]).await;
        books.done(asking(of)).await;
    }
    books.done(Step::ReleaseHold { reservation: id(1), user: user(1) }).await;
    clock.advance(Duration::from_millis(TTL_MS as u64));
    assert_eq!(workers.sweep().await.expect("swept").expired, 1);
    assert_eq!((books.row(1).await.ask_at, books.row(2).await.ask_at), (None, None));
    clock.advance(Duration::from_secs(60));
    assert_eq!((workers.ask_payment().await, payments.asked()), (Ok(0), 0));
    // A question that an older program has left, and those after a restore: once, and nothing is adopted.
    books.raw(&site).await.run("UPDATE reservations SET ask_at = created_at").await.expect("asked");
    assert_eq!((workers.ask_payment().await, payments.asked()), (Ok(2), 2));
    assert_eq!(payments.with(|known| known.adopted.clone()), Vec::<Value>::new());
    assert_eq!((books.row(1).await.ask_at, books.row(2).await.ask_at), (None, None));
    clock.advance(Duration::from_secs(60));
    assert_eq!(workers.ask_payment().await, Ok(0));
}

async fn payment_is_asked_by_one_instance_and_again_in_a_minute(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let other = books.beside(&site).await;
    let payments = Payments::default();
    for of in 1..=5 {
        books.secured(of, of, &[of]).await;
        payments.answer(of, "PENDING", None);
    }
    payments.with(|known| known.is_away = true);
    clock.advance(Duration::from_secs(60));
    let (first, second) = (workers(&books, &payments), workers(&other, &payments));
    let (one, two) = tokio::join!(first.ask_payment(), second.ask_payment());
    assert_eq!(one.expect("asked") + two.expect("asked"), 5);
    assert_eq!((payments.asked(), first.ask_payment().await), (5, Ok(0)));
    payments.with(|known| known.is_away = false);
    clock.advance(Duration::from_secs(60));
    assert_eq!((first.ask_payment().await, payments.asked()), (Ok(5), 10));
    // An answer that is about something else is not believed.
    payments.with(|known| {
        let mut other = known.answers[&payment(2)].clone();
        other["status"] = "SUCCESS".into();
        known.answers.insert(payment(1), other);
    });
    clock.advance(Duration::from_secs(60));
    assert_eq!(first.ask_payment().await, Ok(5));
    assert_eq!(books.stands(1).await, ("PENDING", "", "NONE"));
}

async fn what_others_have_stored_shows_a_restored_database(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let payments = Payments::default();
    let workers = workers(&books, &payments);
    let held = books.hold(1, 1, &[1]).await;
    // Hot state lacks what is kept: it would be put right, from rows that may be wrong.
    books.secured(5, 5, &[5]).await;
    payments.with(|known| known.hold_no = held.hold_no + 1);
    assert_eq!(workers.is_behind().await, Ok(false), "its own number");
    payments.with(|known| known.hold_no = 900);
    assert_eq!(workers.is_behind().await, Ok(true));
    clock.advance(Duration::from_millis(TTL_MS as u64));
    books.steps.remember_cancelled(&[schedule(1)]).await.expect("remembered");
    assert_eq!(workers.sweep().await.expect("nothing"), Default::default());
    assert_eq!(workers.put_right().await.expect("nothing"), Default::default());
    for step in [Step::Hold(hold_wish(3, 2, 2, &[2])), Step::Cancel(cancellation(1, 1))] {
        assert_eq!(books.step(step).await, Err(Refusal::Behind));
    }
    reservation::rows::repair::raise_hold_no(&books.ledger, 900).await.expect("raised");
    assert_eq!(workers.is_behind().await, Ok(false));
    let swept = workers.sweep().await.expect("swept");
    assert_eq!((swept.expired, swept.cancelled), (1, 1));
    books.done(Step::Hold(hold_wish(3, 6, 6, &[6]))).await;
    assert_eq!(workers.put_right().await.expect("compared").made, 1);
    let next = books.done(Step::Hold(hold_wish(3, 2, 2, &[2]))).await;
    assert_eq!(next.hold_no, 902, "never one that was used");
}

async fn what_was_paid_is_taken_over_after_a_restore(site: Site) {
    use domain::id::PaymentKey;
    use domain::reservation::{NotTakenOver, PaidReservation};
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    // The copy has reservation 1 as a hold; its payment, and reservation 2 as a whole, are lost.
    books.hold(1, 1, &[1]).await;
    books.done(Step::Claim(claim_request(1, 1, 1, PRICE))).await;
    books.hold(3, 3, &[3]).await;
    books.fence.saw(Some(500));
    clock.advance(Duration::from_millis(2 * TTL_MS as u64));
    let paid = |of: u128, hold_no| PaidReservation {
        reservation: id(of),
        user: user(of),
        schedule: schedule(1),
        event: event(),
        seats: wishes(&[of]),
        payment: payment(of),
        key: PaymentKey(uuid::Uuid::from_u128(0x6000_0000 + of)),
        amount: PRICE,
        coupon: None,
        hold_no,
        paid_at: START,
        ticket_number: ticket(900 + u64::try_from(of).unwrap_or_default()),
    };
    let terms = books.steps.terms();
    let all = [paid(1, 480), paid(2, 490)];
    for time in ["first", "again"] {
        let refused = reservation::rows::repair::take_over(&books.ledger, terms, &all).await;
        assert_eq!(refused, Ok(vec![]), "{time}");
    }
    reservation::rows::repair::raise_hold_no(&books.ledger, 500).await.expect("raised");
    assert_eq!(books.alone().sweep().await.expect("swept").expired, 1, "what was never paid");
    for of in [1, 2] {
        assert_eq!(books.stands(of).await, ("CONFIRMED", "", "SUCCESS"));
        assert_eq!(books.row(of).await.live_seats(), [seat(of)]);
    }
    assert_eq!((books.row(1).await.hold_no, books.row(2).await.hold_no), (480, 490));
    assert_eq!(books.reasons().await, ["HOLD_EXPIRED"]);
    // A seat that another has now: a person has to look.
    books.hold(4, 4, &[4]).await;
    let others = [PaidReservation { seats: wishes(&[4]), ..paid(5, 495) }];
    let taken = reservation::rows::repair::take_over(&books.ledger, terms, &others).await;
    assert_eq!(taken, Ok(vec![(id(5), NotTakenOver::SeatsTaken(vec![seat(4)]))]));
    check(&books, &site).await;
}
