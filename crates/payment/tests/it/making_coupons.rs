//! `POST /payments` with a coupon: the coupon's word comes before the amount's, and what is refused leaves the hold and the coupon
//! as they were (hole 21).

use crate::desk::{Begun, Desk, Reply, ask, new, somebody};
use crate::role::{HOLD_MS, TOTAL};
use crate::workers_roles::Coupons;
use domain::catalog::Grade;
use domain::reservation::{Refusal, SeatWish, Step, SwapWish};
use domain::{AccountId, CouponId, CouponStatus, ReservationId, SeatId};
use futures::FutureExt;
use payment::{Course, Place, api};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

fn body(reservation: ReservationId, coupon: CouponId, amount: i64) -> Value {
    let mut body = new(reservation, amount);
    body["couponId"] = json!(coupon);
    body
}

async fn pay(desk: &Desk, user: AccountId, reservation: ReservationId, coupon: CouponId, amount: i64) -> Reply {
    desk.post(user, "/payments", body(reservation, coupon, amount)).await
}

/// Changes the hold to one other seat of the same total.
fn swap(desk: &Desk, user: AccountId, reservation: ReservationId) -> Result<(), Refusal> {
    let seat = SeatWish { seat: SeatId(Uuid::new_v4()), number: "B-1".into(), grade: Grade::Vip, price: TOTAL };
    desk.role.decide(&Step::Swap(SwapWish { reservation, user, seats: vec![seat], seats_max: 4 })).map(drop)
}

/// No payment stands on it: its person may change it.
fn demand_free(desk: &Desk, user: AccountId, reservation: ReservationId) {
    swap(desk, user, reservation).expect("no payment is PENDING");
    let extended = desk.role.decide(&Step::Extend { reservation, user, by_ms: 1 });
    assert!(matches!(extended, Ok(_) | Err(Refusal::AlreadyExtended { .. })), "{extended:?}");
}

#[tokio::test]
async fn a_coupon_is_judged_before_the_amount() {
    let desk = Desk::new().await;
    let user = somebody();
    let reservation = desk.role.hold(user);
    let [everything, used, reserved, foreign] = [(); 4].map(|()| CouponId(Uuid::new_v4()));
    desk.coupons.give_worth(everything, user, TOTAL);
    desk.coupons.give(used, user);
    desk.coupons.reserve(used, "another").expect("reserved");
    desk.coupons.redeem(used, "another");
    desk.coupons.give(reserved, user);
    desk.coupons.reserve(reserved, "another").expect("reserved");
    desk.coupons.give(foreign, somebody());
    for amount in [0, 1, TOTAL - 1, TOTAL, TOTAL + 1] {
        for (coupon, said) in [
            (everything, (422, "COUPON_NOT_APPLICABLE")),
            (used, (409, "COUPON_ALREADY_REDEEMED")),
            (reserved, (409, "COUPON_RESERVED")),
            (foreign, (404, "COUPON_NOT_FOUND")),
            (CouponId(Uuid::new_v4()), (404, "COUPON_NOT_FOUND")),
        ] {
            let reply = pay(&desk, user, reservation, coupon, amount).await;
            assert_eq!(reply.said(), said, "{amount}");
            assert_eq!(coupon == everything, reply.body["reason"] == "NOTHING_TO_PAY", "{}", reply.body);
            demand_free(&desk, user, reservation);
        }
    }
    assert_eq!(desk.of(reservation).await, None);
    // What comes before a coupon in the order of answers is asked first.
    assert_eq!(pay(&desk, somebody(), reservation, everything, 0).await.said(), (403, "FORBIDDEN"));
    desk.pass_ms(HOLD_MS + 1);
    assert_eq!(pay(&desk, user, reservation, everything, 0).await.said(), (410, "HOLD_EXPIRED"));
    assert_eq!(desk.coupons.read(everything), (CouponStatus::Issued, None));
}

#[tokio::test]
async fn a_wrong_amount_lets_the_coupon_and_the_hold_go() {
    let desk = Desk::new().await;
    let (user, coupon) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(coupon, user);
    let reservation = desk.role.hold(user);
    for amount in [0, 1, TOTAL - Coupons::DISCOUNT - 1, TOTAL, TOTAL + 1] {
        let reply = pay(&desk, user, reservation, coupon, amount).await;
        assert_eq!(reply.said(), (400, "PAYMENT_AMOUNT_MISMATCH"), "{amount}");
        assert_eq!(desk.coupons.read(coupon), (CouponStatus::Issued, None), "{amount}");
        demand_free(&desk, user, reservation);
    }
    assert_eq!(desk.of(reservation).await, None);
    // Another order may have it now, and this one the seats without it.
    desk.coupons.reserve(coupon, "another").expect("free");
    desk.pay(user, reservation).await.ok();
    assert_eq!(swap(&desk, user, reservation), Err(Refusal::InProgress), "a payment is PENDING");
}

#[tokio::test]
async fn a_coupon_role_that_is_away_leaves_the_hold_free() {
    let desk = Desk::new().await;
    let (user, coupon) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(coupon, user);
    let reservation = desk.role.hold(user);
    desk.coupons.set_away(true);
    let reply = pay(&desk, user, reservation, coupon, TOTAL - Coupons::DISCOUNT).await;
    assert_eq!((reply.said(), desk.of(reservation).await), ((503, "SERVICE_UNAVAILABLE"), None));
    demand_free(&desk, user, reservation);
    desk.coupons.set_away(false);
    pay(&desk, user, reservation, coupon, TOTAL - Coupons::DISCOUNT).await.ok();
}

/// A process of the desk that stands still at a place until it is told to go on.
struct Held {
    reached: Arc<Notify>,
    goes_on: Arc<Notify>,
    reply: tokio::task::JoinHandle<Reply>,
}

impl Held {
    async fn at(place: Place, desk: &Desk, user: AccountId, body: Value) -> Self {
        let (reached, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tells, waits) = (reached.clone(), goes_on.clone());
        let course = Course::with(move |at| {
            let (tells, waits) = (tells.clone(), waits.clone());
            async move {
                if at == place {
                    tells.notify_one();
                    waits.notified().await;
                }
            }
            .boxed()
        });
        let routes = api::routes(desk.another().watched(course));
        let reply = tokio::spawn(async move { ask(routes, Some(user), "POST", "/payments", Some(body)).await });
        let held = Self { reached, goes_on, reply };
        held.reached.notified().await;
        held
    }

    async fn go_on(self) -> Reply {
        self.goes_on.notify_one();
        self.reply.await.expect("answered")
    }
}

/// A process that ends between the coupon and the claim of what is left to pay leaves the hold free. The next call goes on with
/// the same order, so that the coupon is not in its own way.
#[tokio::test]
async fn a_payment_that_was_stopped_at_its_coupon_is_gone_on_with() {
    let desk = Desk::new().await;
    let (user, coupon) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(coupon, user);
    let reservation = desk.role.hold(user);
    let wanted = body(reservation, coupon, TOTAL - Coupons::DISCOUNT);
    let _dead = Held::at(Place::Discounted, &desk, user, wanted.clone()).await;
    let claim = desk.role.get(reservation).claim.expect("claimed");
    assert_eq!(desk.coupons.read(coupon), (CouponStatus::Reserved, Some(claim.payment.to_string())));
    demand_free(&desk, user, reservation);
    let begun = Begun::of(&desk.post(user, "/payments", wanted).await.ok(), user, reservation);
    assert_eq!((begun.id, begun.key.clone()), (claim.payment, claim.key.to_string()));
    let transaction = desk.paid(&begun, json!({})).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
}

/// The hold is changed while a coupon is asked: the discount was worked out of other seats.
#[tokio::test]
async fn a_hold_that_changes_while_its_coupon_is_asked_is_not_paid() {
    let desk = Desk::new().await;
    let (user, coupon) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(coupon, user);
    let reservation = desk.role.hold(user);
    let wanted = body(reservation, coupon, TOTAL - Coupons::DISCOUNT);
    let held = Held::at(Place::Discounted, &desk, user, wanted.clone()).await;
    swap(&desk, user, reservation).expect("free");
    assert_eq!(held.go_on().await.said(), (409, "RESERVATION_IN_PROGRESS"));
    assert_eq!((desk.of(reservation).await, desk.coupons.read(coupon).0), (None, CouponStatus::Issued));
    demand_free(&desk, user, reservation);
    desk.post(user, "/payments", wanted).await.ok();
}

/// Two presses at once: the one with a coupon stands still while the other pays the whole price.
#[tokio::test]
async fn of_two_calls_the_refused_one_takes_nothing_from_the_other() {
    let desk = Desk::new().await;
    let (user, coupon) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(coupon, user);
    for amount in [TOTAL - Coupons::DISCOUNT, 1] {
        let reservation = desk.role.hold(user);
        let held = Held::at(Place::Discounted, &desk, user, body(reservation, coupon, amount)).await;
        let begun = Begun::of(&desk.pay(user, reservation).await.ok(), user, reservation);
        let refused = held.go_on().await;
        let said = if amount == 1 { (400, "PAYMENT_AMOUNT_MISMATCH") } else { (409, "PAYMENT_ALREADY_EXISTS") };
        assert_eq!(refused.said(), said);
        assert_eq!(swap(&desk, user, reservation), Err(Refusal::InProgress), "a payment is PENDING");
        assert_eq!(desk.coupons.read(coupon), (CouponStatus::Issued, None), "no payment has it");
        let transaction = desk.paid(&begun, json!({})).await;
        assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
        assert_eq!(desk.read(begun.id).await.amount, TOTAL);
        desk.role.confirm(reservation);
    }
}

/// Two presses of the same button: one payment, with the coupon.
#[tokio::test]
async fn of_two_calls_with_the_same_coupon_one_makes_the_payment_and_keeps_it() {
    let desk = Desk::new().await;
    let (user, coupon) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(coupon, user);
    let reservation = desk.role.hold(user);
    let wanted = body(reservation, coupon, TOTAL - Coupons::DISCOUNT);
    let wrong = Held::at(Place::Discounted, &desk, user, body(reservation, coupon, 1)).await;
    let same = Held::at(Place::Discounted, &desk, user, wanted.clone()).await;
    let begun = Begun::of(&desk.post(user, "/payments", wanted).await.ok(), user, reservation);
    assert_eq!(wrong.go_on().await.said(), (400, "PAYMENT_AMOUNT_MISMATCH"));
    assert_eq!(same.go_on().await.said(), (409, "PAYMENT_ALREADY_EXISTS"));
    assert_eq!(desk.coupons.read(coupon), (CouponStatus::Reserved, Some(begun.id.to_string())));
    let transaction = desk.paid(&begun, json!({})).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
    assert_eq!(desk.coupons.read(coupon).0, CouponStatus::Redeemed);
}

/// The reply of the claim of what is left to pay is lost: it stands, and the next call goes on with it and with its coupon.
#[tokio::test]
async fn a_lost_reply_of_the_second_claim_is_gone_on_with() {
    let desk = Desk::new().await;
    let (user, coupon) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(coupon, user);
    let reservation = desk.role.hold(user);
    let wanted = body(reservation, coupon, TOTAL - Coupons::DISCOUNT);
    let held = Held::at(Place::Discounted, &desk, user, wanted.clone()).await;
    desk.role.lose_replies(1);
    assert_eq!(held.go_on().await.said(), (503, "SERVICE_UNAVAILABLE"));
    let claim = desk.role.get(reservation).firm_claim().expect("it stands");
    assert_eq!(desk.coupons.read(coupon), (CouponStatus::Reserved, Some(claim.payment.to_string())));
    let begun = Begun::of(&desk.post(user, "/payments", wanted).await.ok(), user, reservation);
    assert_eq!(begun.id, claim.payment);
}
