//! `POST /payments`: the order of its answers, and what each leaves behind (hole 10).

use crate::desk::{Begun, Desk, ask, new, somebody};
use crate::role::{HOLD_MS, TOTAL};
use domain::catalog::WON_MAX;
use domain::payment::{Begin as NewRow, FailureReason, Payment, PaymentStatus};
use domain::reservation::{ClaimRequest, Step};
use domain::{CouponId, PaymentId, PaymentKey, ReservationId};
use ledger_testkit::{Site, on_every_database};
use payment::api;
use payment::steps::{PaymentSteps, StepOutcome};
use serde_json::{Value, json};
use uuid::Uuid;

on_every_database!(
    ten_at_once_over_two_processes_make_one_payment,
    seats_that_cost_nothing_are_refused,
    a_row_that_the_database_refuses_is_not_taken_for_another_calls,
);

#[tokio::test]
async fn a_payment_is_claimed_stored_and_registered() {
    let desk = Desk::new().await;
    let user = somebody();
    let reservation = desk.role.hold(user);
    let reply = desk.pay(user, reservation).await.ok();
    let begun = Begun::of(&reply, user, reservation);
    let (store, channel) = (reply.text("storeId"), reply.text("channelKey"));
    assert_eq!((store.as_str(), channel.as_str(), begun.amount), ("store-sandbox", "channel-key-sandbox", TOTAL));
    let claim = desk.role.get(reservation).claim.expect("claimed");
    assert_eq!((claim.payment, claim.key.to_string(), claim.amount), (begun.id, begun.key.clone(), TOTAL));
    assert_eq!(desk.calls(&begun.key).await, (1, 0));
    let row = desk.read(begun.id).await;
    assert!(row.registered_at.is_some() && row.asking.is_none());
    assert_eq!((row.status, row.amount, row.seats.len()), (PaymentStatus::Pending, TOTAL, 2));
    assert_eq!(row.due_at.map(|at| at.millis()), Some(row.hold_expires_at.millis() + 10_000));
    assert!(desk.messages().await.is_empty(), "nothing is decided");
}

#[tokio::test]
async fn fields_that_are_not_known_are_passed_over_however_long() {
    let desk = Desk::new().await;
    let user = somebody();
    let mut body = new(desk.role.hold(user), TOTAL);
    body["more"] = json!("x".repeat(200_000));
    assert_eq!(desk.post(user, "/payments", body).await.ok().body["amount"], TOTAL);
}

#[tokio::test]
async fn refusals_come_in_their_order_and_leave_no_row() {
    let desk = Desk::new().await;
    let (user, other) = (somebody(), somebody());
    let said = async |user, reservation, amount| {
        let reply = desk.post(user, "/payments", new(reservation, amount)).await;
        (reply.status, reply.code().to_owned())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    let unknown = ReservationId(Uuid::new_v4());
    assert_eq!(said(user, unknown, 1).await, is(404, "NOT_FOUND"));
    let held = desk.role.hold(user);
    assert_eq!(said(other, held, 1).await, is(403, "FORBIDDEN"), "somebody else's, before its amount");
    assert_eq!(said(user, held, 1).await, is(400, "PAYMENT_AMOUNT_MISMATCH"));
    assert_eq!(said(user, held, 0).await, is(400, "PAYMENT_AMOUNT_MISMATCH"));
    let cancelled = desk.role.hold(user);
    desk.role.cancel(cancelled);
    assert_eq!(said(user, cancelled, 1).await, is(422, "RESERVATION_NOT_PAYABLE"), "before its amount");
    desk.pass_ms(HOLD_MS);
    assert_eq!(said(user, held, 1).await, is(410, "HOLD_EXPIRED"), "at the very instant, unswept, before its amount");
    desk.role.sweep();
    assert_eq!(said(user, held, TOTAL).await, is(410, "HOLD_EXPIRED"), "swept");
    for reservation in [held, cancelled, unknown] {
        assert_eq!(desk.of(reservation).await, None);
    }
    assert!(desk.messages().await.is_empty());
}

#[tokio::test]
async fn a_payment_that_stands_is_named() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let again = desk.pay(begun.user, begun.reservation).await;
    assert_eq!(again.said(), (409, "PAYMENT_ALREADY_EXISTS"));
    assert_eq!(again.text("paymentId"), begun.id.to_string());
    let wrong = desk.post(begun.user, "/payments", new(begun.reservation, 1)).await;
    assert_eq!(wrong.said(), (409, "PAYMENT_ALREADY_EXISTS"), "before its amount");
    let foreign = desk.pay(somebody(), begun.reservation).await;
    assert_eq!(foreign.said(), (403, "FORBIDDEN"));
    desk.pass_ms(HOLD_MS);
    assert_eq!(desk.pay(begun.user, begun.reservation).await.said(), (409, "PAYMENT_ALREADY_EXISTS"), "before 410");
    assert_eq!(desk.calls(&begun.key).await, (1, 0), "nobody asked PortOne again");
}

#[tokio::test]
async fn after_success_it_stands_and_after_failure_there_is_never_another() {
    let desk = Desk::new().await;
    let bought = desk.bought().await;
    assert_eq!(desk.pay(bought.user, bought.reservation).await.said(), (409, "PAYMENT_ALREADY_EXISTS"));
    let begun = desk.begun().await;
    assert_eq!(desk.confirm(&begun, "never paid").await.ok().body["status"], "FAILED");
    assert_eq!(desk.pay(begun.user, begun.reservation).await.said(), (422, "RESERVATION_NOT_PAYABLE"));
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_the_field() {
    let desk = Desk::new().await;
    let user = somebody();
    let whole = new(desk.role.hold(user), TOTAL);
    for (field, wrong) in [
        ("reservationId", json!("7")),
        ("reservationId", json!(7)),
        ("reservationId", Value::Null),
        ("amount", json!("100000")),
        ("amount", json!(1.5)),
        ("amount", json!(-1)),
        ("amount", json!(WON_MAX + 1)),
        ("amount", json!(1e30)),
        ("amount", Value::Null),
        ("paymentMethod", json!("CASH")),
        ("paymentMethod", json!("card")),
        ("paymentMethod", Value::Null),
        ("couponId", json!("x")),
        ("couponId", Value::Null),
    ] {
        let mut body = whole.clone();
        body[field] = wrong.clone();
        let reply = desk.post(user, "/payments", body).await;
        assert_eq!(reply.said(), (400, "INVALID_INPUT"), "{field} {wrong}");
        assert!(reply.text("message").contains(field), "{field} {wrong}: {}", reply.body);
    }
    for field in ["reservationId", "amount", "paymentMethod"] {
        let mut body = whole.clone();
        body.as_object_mut().expect("an object").remove(field);
        let reply = desk.post(user, "/payments", body).await;
        assert_eq!(reply.said(), (400, "INVALID_INPUT"), "{field}");
    }
    assert_eq!(desk.post(user, "/payments", json!([])).await.status, 400);
    assert_eq!(desk.ask(None, "POST", "/payments", Some(whole.clone())).await.status, 401);
    assert_eq!(desk.ask(Some(user), "POST", "/payments", None).await.status, 415);
    let mut more = whole;
    more["something"] = json!("new");
    desk.post(user, "/payments", more).await.ok();
}

#[tokio::test]
async fn a_payment_that_portone_does_not_register_is_failed_and_told() {
    for (fault, said, reason) in [
        ("error", (502, "PORTONE_PRE_REGISTER_FAILED"), FailureReason::NotRegistered),
        ("garbage", (502, "PORTONE_PRE_REGISTER_FAILED"), FailureReason::NotRegistered),
        ("hang", (504, "PORTONE_TIMEOUT"), FailureReason::TimedOut),
    ] {
        // Only the silence is waited for so long; a busy machine delays the other answers.
        let patience = std::time::Duration::from_secs(3);
        let desk = Desk::with(Site::sqlite(), |settings| settings.portone.timeout = patience).await;
        let user = somebody();
        let reservation = desk.role.hold(user);
        desk.fault(json!({"mode": fault, "call": "preRegister"})).await;
        assert_eq!(desk.pay(user, reservation).await.said(), said, "{fault}");
        let row = desk.of(reservation).await.expect("a row");
        assert_eq!(
            (row.status, row.failure, row.registered_at),
            (PaymentStatus::Failed, Some(reason), None),
            "{fault}"
        );
        assert_eq!(desk.told(row.id).await, ["PaymentFailed"], "{fault}");
        assert!(row.due_at.is_some(), "its money is looked for");
        desk.no_faults().await;
        assert_eq!(desk.pay(user, reservation).await.said(), (422, "RESERVATION_NOT_PAYABLE"), "{fault}");
    }
}

#[tokio::test]
async fn without_portone_no_payment_is_begun() {
    let desk = Desk::at(String::new()).await;
    let user = somebody();
    let reservation = desk.role.hold(user);
    assert_eq!(desk.pay(user, reservation).await.said(), (503, "SERVICE_UNAVAILABLE"));
    assert_eq!((desk.role.get(reservation).claim, desk.of(reservation).await), (None, None));
}

#[tokio::test]
async fn while_reservation_is_away_no_payment_is_begun() {
    let desk = Desk::new().await;
    let user = somebody();
    let reservation = desk.role.hold(user);
    desk.role.set_away(true);
    assert_eq!(desk.pay(user, reservation).await.said(), (503, "SERVICE_UNAVAILABLE"));
    assert_eq!(desk.of(reservation).await, None);
    desk.role.set_away(false);
    desk.pay(user, reservation).await.ok();
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_stands_and_is_gone_on_with() {
    let desk = Desk::new().await;
    let user = somebody();
    let reservation = desk.role.hold(user);
    desk.role.lose_replies(1);
    assert_eq!(desk.pay(user, reservation).await.said(), (503, "SERVICE_UNAVAILABLE"));
    let claim = desk.role.get(reservation).claim.expect("claimed");
    let begun = Begun::of(&desk.pay(user, reservation).await.ok(), user, reservation);
    assert_eq!((begun.id, begun.key), (claim.payment, claim.key.to_string()), "the pair of the first claim");
}

async fn ten_at_once_over_two_processes_make_one_payment(site: Site) {
    let desk = Desk::on(site).await;
    let user = somebody();
    let reservation = desk.role.hold(user);
    let services = [desk.service.clone(), desk.another()];
    let calls = (0..10).map(|number| {
        let routes = api::routes(services[number % 2].clone());
        let body = new(reservation, TOTAL);
        tokio::spawn(async move { ask(routes, Some(user), "POST", "/payments", Some(body)).await })
    });
    let mut begun = Vec::new();
    for reply in futures::future::join_all(calls).await {
        let reply = reply.expect("answered");
        match reply.status {
            200 => begun.push(reply.text("paymentId")),
            _ => assert_eq!(reply.said(), (409, "PAYMENT_ALREADY_EXISTS"), "{}", reply.body),
        }
    }
    let row = desk.of(reservation).await.expect("a row");
    assert_eq!(begun, [row.id.to_string()], "one begins it");
    assert_eq!(desk.calls(&row.key.to_string()).await.0, 1, "PortOne is asked once");
}

#[tokio::test]
async fn a_coupons_discount_is_taken_off() {
    let desk = Desk::new().await;
    let (user, coupon) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(coupon, user);
    let reservation = desk.role.hold(user);
    let with = |amount: i64| {
        let mut body = new(reservation, amount);
        body["couponId"] = json!(coupon);
        body
    };
    let wrong = desk.post(user, "/payments", with(TOTAL - 1)).await;
    assert_eq!(wrong.said(), (400, "PAYMENT_AMOUNT_MISMATCH"));
    assert_eq!(desk.of(reservation).await, None);
    let reply = desk.post(user, "/payments", with(TOTAL - 5_000)).await.ok();
    let begun = Begun::of(&reply, user, reservation);
    assert_eq!(desk.coupons.read(coupon).1, Some(begun.id.to_string()));
    let shown = desk.get(user, &format!("/payments/{}", begun.id)).await.ok();
    assert_eq!((shown.text("couponId"), &shown.body["discountAmount"]), (coupon.to_string(), &json!(5_000)));
    let transaction = desk.paid(&begun, json!({})).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
    assert!(desk.role.get(reservation).secured_at.is_some());
    let told = desk.messages().await.pop().expect("told");
    assert_eq!((&told.payload["discountAmount"], &told.payload["amount"]), (&json!(5_000), &json!(TOTAL - 5_000)));
    assert_eq!(desk.coupons.read(coupon).0, domain::CouponStatus::Redeemed);
}

#[tokio::test]
async fn a_coupon_that_cannot_be_had_makes_no_payment() {
    let desk = Desk::new().await;
    let (user, foreign) = (somebody(), CouponId(Uuid::new_v4()));
    desk.coupons.give(foreign, somebody());
    let reservation = desk.role.hold(user);
    let mut body = new(reservation, TOTAL - 5_000);
    for (coupon, said) in [(foreign, (404, "COUPON_NOT_FOUND")), (CouponId(Uuid::new_v4()), (404, "COUPON_NOT_FOUND"))]
    {
        body["couponId"] = json!(coupon);
        assert_eq!(desk.post(user, "/payments", body.clone()).await.said(), said);
    }
    let own = CouponId(Uuid::new_v4());
    desk.coupons.give(own, user);
    body["couponId"] = json!(own);
    desk.coupons.set_away(true);
    assert_eq!(desk.post(user, "/payments", body.clone()).await.said(), (503, "SERVICE_UNAVAILABLE"));
    assert_eq!(desk.of(reservation).await, None);
    desk.coupons.set_away(false);
    // Without the coupon the same claim is gone on with, at the whole price.
    desk.pay(user, reservation).await.ok();
}

async fn seats_that_cost_nothing_are_refused(site: Site) {
    let desk = Desk::on(site).await;
    let user = somebody();
    let free = desk.role.hold_priced(user, &[0; 4].map(|_| (Uuid::new_v4(), 0)));
    let coupon = CouponId(Uuid::new_v4());
    desk.coupons.give(coupon, user);
    let mut with_coupon = new(free, 0);
    with_coupon["couponId"] = json!(coupon);
    for body in [new(free, 0), new(free, 1), with_coupon] {
        let reply = desk.post(user, "/payments", body.clone()).await;
        assert_eq!(reply.said(), (422, "RESERVATION_NOT_PAYABLE"), "{body}");
    }
    assert_eq!((desk.of(free).await, desk.role.get(free).claim, desk.coupons.calls()), (None, None, 0));
}

/// The key of the claim is another row's: nobody was first, and another try would meet the same.
async fn a_row_that_the_database_refuses_is_not_taken_for_another_calls(site: Site) {
    let desk = Desk::on(site).await;
    let user = somebody();
    let (reservation, key) = (desk.role.hold(user), PaymentKey(Uuid::new_v4()));
    let claim = ClaimRequest {
        reservation,
        user,
        payment: PaymentId(Uuid::new_v4()),
        key,
        amount: TOTAL,
        is_discounted: false,
        is_provisional: false,
        hold_no: None,
        coupon: None,
    };
    let claimed = desk.role.decide(&Step::Claim(claim)).expect("claimed");
    let other = NewRow {
        id: PaymentId(Uuid::new_v4()),
        key,
        reservation: ReservationId(Uuid::new_v4()),
        user,
        schedule: claimed.schedule,
        seats: claimed.seat_ids(),
        total_amount: TOTAL,
        discount: 0,
        coupon: None,
        hold_no: claimed.hold_no,
        hold_expires_at: claimed.hold_expires_at,
    };
    let (id, make) = (other.id, move |now| Payment::adopt(other.clone(), false, now));
    let made = PaymentSteps::start(&desk.ledger).make(id, make).await.expect("stored");
    assert!(matches!(made, StepOutcome::Done(_)), "{made:?}");
    assert_eq!(desk.pay(user, reservation).await.said(), (500, "INTERNAL_ERROR"));
    assert_eq!(desk.of(reservation).await, None);
}
