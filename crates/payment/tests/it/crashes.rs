//! A process stops between two parts of a payment's way (amendments, places 5 to 11 and 13), or stands still for twenty
//! seconds and goes on: whoever comes next finds what stands and goes on with it, and the late one decides nothing.

use crate::desk::{Begun, Desk, Reply, ask, new, somebody};
use crate::role::{HOLD_MS, TOTAL};
use domain::payment::model::ASK_MS;
use domain::payment::{FailureReason, PaymentStatus};
use domain::{AccountId, CouponId, ReservationId};
use futures::FutureExt;
use payment::{Course, PaymentService, Place, api};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A process that stops at a place, and can be let go on.
struct Stopped {
    service: PaymentService,
    reached: Arc<Notify>,
    goes_on: Arc<Notify>,
}

impl Stopped {
    fn at(desk: &Desk, at: Place) -> Self {
        let (reached, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tells, waits) = (reached.clone(), goes_on.clone());
        let course = Course::with(move |place| {
            let (tells, waits) = (tells.clone(), waits.clone());
            async move {
                if place == at {
                    tells.notify_one();
                    waits.notified().await;
                }
            }
            .boxed()
        });
        Self { service: desk.another().watched(course), reached, goes_on }
    }

    /// Sends a call and waits until the process stands at its place.
    async fn call(&self, user: AccountId, path: &'static str, body: Value) -> JoinHandle<Reply> {
        let routes = api::routes(self.service.clone());
        let call = tokio::spawn(async move { ask(routes, Some(user), "POST", path, Some(body)).await });
        self.reached.notified().await;
        call
    }

    async fn pay(&self, user: AccountId, reservation: ReservationId) -> JoinHandle<Reply> {
        self.call(user, "/payments", new(reservation, TOTAL)).await
    }

    async fn confirm(&self, begun: &Begun, transaction: &str) -> JoinHandle<Reply> {
        self.call(begun.user, "/payments/confirm", begun.confirmation(transaction)).await
    }

    fn go_on(&self) {
        self.goes_on.notify_one();
    }
}

/// Places 5, 6 and 7: the next `POST` repairs it, with the pair of the first claim, and no second payment is ever made.
#[tokio::test]
async fn a_payment_that_was_stopped_while_it_was_made_is_gone_on_with() {
    for (place, registrations) in [(Place::Claimed, 1), (Place::Stored, 1), (Place::Registered, 2)] {
        let desk = Desk::new().await;
        let user = somebody();
        let reservation = desk.role.hold(user);
        let _dead = Stopped::at(&desk, place).pay(user, reservation).await;
        let claim = desk.role.get(reservation).claim.expect("claimed");
        if let Some(row) = desk.of(reservation).await {
            let shown = desk.get(user, &format!("/payments/{}", row.id)).await.ok();
            assert_eq!(shown.body["paymentKey"], Value::Null, "{place:?}: nobody pays what is not registered");
        }
        desk.pass_ms(ASK_MS);
        let begun = Begun::of(&desk.pay(user, reservation).await.ok(), user, reservation);
        assert_eq!((begun.id, begun.key.clone()), (claim.payment, claim.key.to_string()), "{place:?}");
        assert_eq!(desk.calls(&begun.key).await.0, registrations, "{place:?}");
        let transaction = desk.paid(&begun, json!({})).await;
        assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS", "{place:?}");
    }
}

/// A row that nobody comes back for is looked up after a minute, and ends.
#[tokio::test]
async fn a_payment_that_nobody_comes_back_for_is_ended_after_a_minute() {
    for place in [Place::Stored, Place::Registered] {
        let desk = Desk::new().await;
        let user = somebody();
        let reservation = desk.role.hold(user);
        let _dead = Stopped::at(&desk, place).pay(user, reservation).await;
        desk.pass_ms(59_000);
        desk.round().await;
        assert!(desk.of(reservation).await.expect("a row").is_pending(), "{place:?}");
        desk.pass_ms(1_000);
        desk.round().await;
        let row = desk.of(reservation).await.expect("a row");
        assert_eq!((row.status, row.failure), (PaymentStatus::Failed, Some(FailureReason::NotRegistered)), "{place:?}");
        assert_eq!(desk.told(row.id).await, ["PaymentFailed"], "{place:?}: its reservation ends by that");
    }
}

/// A claim without a row ends with the hold.
#[tokio::test]
async fn a_claim_without_a_row_ends_with_its_hold() {
    let desk = Desk::new().await;
    let user = somebody();
    let reservation = desk.role.hold(user);
    let _dead = Stopped::at(&desk, Place::Claimed).pay(user, reservation).await;
    desk.pass_ms(HOLD_MS);
    assert_eq!(desk.pay(user, reservation).await.said(), (410, "HOLD_EXPIRED"));
    assert_eq!(desk.of(reservation).await, None);
}

/// Places 8 to 10: a retry, in time or after the hold's end, gets the ticket; PortOne's word and reservation's are the same.
#[tokio::test]
async fn a_payment_that_was_stopped_while_it_was_confirmed_is_decided_by_the_next() {
    for place in [Place::Paid, Place::Secured, Place::Redeemed] {
        let desk = Desk::new().await;
        let (begun, coupon) = with_coupon(&desk).await;
        let transaction = desk.paid(&begun, json!({})).await;
        let _dead = Stopped::at(&desk, place).confirm(&begun, &transaction).await;
        assert_eq!(desk.told(begun.id).await, [""; 0], "{place:?}");
        desk.pass_ms(ASK_MS);
        assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS", "{place:?}");
        assert_eq!(desk.told(begun.id).await, ["PaymentSuccess"], "{place:?}");
        assert_eq!(
            desk.coupons.read(coupon),
            (domain::CouponStatus::Redeemed, Some(begun.id.to_string())),
            "{place:?}"
        );
    }
}

/// The same after the hold's end: seats that are kept stay kept, and a swept hold comes back.
#[tokio::test]
async fn a_payment_that_was_stopped_is_settled_after_its_hold() {
    for place in [Place::Paid, Place::Secured] {
        let desk = Desk::new().await;
        let begun = desk.begun().await;
        let transaction = desk.paid(&begun, json!({})).await;
        let _dead = Stopped::at(&desk, place).confirm(&begun, &transaction).await;
        desk.pass_ms(HOLD_MS);
        desk.role.sweep();
        if place == Place::Secured {
            let reply = desk.confirm(&begun, &transaction).await;
            assert_eq!(reply.ok().body["status"], "SUCCESS", "its seats are kept, so it is no 410");
            continue;
        }
        desk.pass_ms(10_000);
        desk.round().await;
        let row = desk.read(begun.id).await;
        let reservation = desk.role.get(begun.reservation);
        assert_eq!((row.status, row.hold_no), (PaymentStatus::Success, reservation.hold_no), "{place:?}");
    }
}

/// Place 9: reservation keeps the seats, and its reply is lost.
#[tokio::test]
async fn an_answer_of_secure_that_was_lost_is_given_again() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    let role = desk.role.clone();
    let course = Course::with(move |place| {
        if place == Place::Paid {
            role.lose_replies(1);
        }
        async {}.boxed()
    });
    let routes = api::routes(desk.service.watched(course));
    let body = Some(begun.confirmation(&transaction));
    let lost = ask(routes, Some(begun.user), "POST", "/payments/confirm", body).await;
    assert_eq!(lost.said(), (503, "SERVICE_UNAVAILABLE"));
    assert!(desk.role.get(begun.reservation).is_secured());
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
    assert_eq!(desk.role.calls().1, 2);
}

/// Place 11: the decision is stored, its caller never hears it.
#[tokio::test]
async fn a_decision_that_nobody_heard_stands() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    let _dead = Stopped::at(&desk, Place::Decided).confirm(&begun, &transaction).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.said(), (409, "PAYMENT_ALREADY_EXISTS"));
    let shown = desk.get(begun.user, &format!("/payments/{}", begun.id)).await.ok();
    assert_eq!(shown.body["status"], "SUCCESS");
    assert_eq!(desk.told(begun.id).await, ["PaymentSuccess"]);
}

/// Place 13: that he hears 410 is stored, and it has not left.
#[tokio::test]
async fn what_a_buyer_was_about_to_hear_counts_also_if_he_did_not() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    desk.pass_ms(HOLD_MS);
    let _dead = Stopped::at(&desk, Place::Told).confirm(&begun, &transaction).await;
    desk.rounds(3).await;
    let row = desk.read(begun.id).await;
    assert_eq!((row.status, row.kept_amount()), (PaymentStatus::Failed, 0));
}

/// A process stands still for twenty seconds, another one decides, and the first goes on.
#[tokio::test]
async fn a_process_that_goes_on_after_twenty_seconds_decides_nothing() {
    for place in [Place::Paid, Place::Secured] {
        let desk = Desk::new().await;
        let begun = desk.begun().await;
        let transaction = desk.paid(&begun, json!({})).await;
        let stalled = Stopped::at(&desk, place);
        let late = stalled.confirm(&begun, &transaction).await;
        desk.pass_ms(20_000);
        assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS", "{place:?}");
        let stands = desk.read(begun.id).await;
        stalled.go_on();
        let reply = late.await.expect("answered");
        assert_eq!(reply.said(), (409, "PAYMENT_ALREADY_EXISTS"), "{place:?}");
        assert_eq!((desk.read(begun.id).await, desk.told(begun.id).await), (stands, vec!["PaymentSuccess".to_owned()]));
    }
}

/// The same while a payment is made: the late one hears what stands.
#[tokio::test]
async fn a_process_that_registers_late_hears_what_stands() {
    let desk = Desk::new().await;
    let user = somebody();
    let reservation = desk.role.hold(user);
    let stalled = Stopped::at(&desk, Place::Registered);
    let late = stalled.pay(user, reservation).await;
    desk.pass_ms(20_000);
    let begun = Begun::of(&desk.pay(user, reservation).await.ok(), user, reservation);
    let stands = desk.read(begun.id).await;
    stalled.go_on();
    let reply = late.await.expect("answered");
    assert_eq!(reply.said(), (409, "PAYMENT_ALREADY_EXISTS"));
    assert_eq!(desk.read(begun.id).await, stands);
}

/// Hole 4: the seats went to others while the process stood still; its late `secure` wakes nothing.
#[tokio::test]
async fn a_late_secure_wakes_no_dead_hold() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    let stalled = Stopped::at(&desk, Place::Paid);
    let late = stalled.confirm(&begun, &transaction).await;
    desk.pass_ms(HOLD_MS + 10_000);
    let seats: Vec<Uuid> = desk.role.get(begun.reservation).seat_ids().iter().map(|seat| seat.get()).collect();
    let others = desk.role.hold_of(somebody(), &seats);
    desk.round().await;
    assert_eq!(desk.read(begun.id).await.failure, Some(FailureReason::SeatsGone));
    desk.role.cancel(others);
    stalled.go_on();
    assert_eq!(late.await.expect("answered").said(), (409, "PAYMENT_ALREADY_EXISTS"));
    assert!(!desk.role.get(begun.reservation).is_live(), "its no is final");
}

async fn with_coupon(desk: &Desk) -> (Begun, CouponId) {
    let (user, coupon) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(coupon, user);
    let reservation = desk.role.hold(user);
    let mut body = new(reservation, TOTAL - 5_000);
    body["couponId"] = json!(coupon);
    let reply = desk.post(user, "/payments", body).await.ok();
    (Begun::of(&reply, user, reservation), coupon)
}
