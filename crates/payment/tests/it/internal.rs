//! The routes of other services (holes 5, 7, 9).

use crate::desk::{Desk, KEY, somebody};
use crate::role::{HOLD_MS, TOTAL};
use domain::payment::PaymentStatus;
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use uuid::Uuid;

on_every_database!(a_payment_is_answered_with_its_refund_and_the_greatest_number, a_lost_payment_is_made_again);

fn number(reply: &crate::desk::Reply) -> i64 {
    let number = reply.headers.get("x-hold-no").expect("a number");
    std::str::from_utf8(number.as_bytes()).expect("a text").parse().expect("a number")
}

async fn a_payment_is_answered_with_its_refund_and_the_greatest_number(site: Site) {
    let desk = Desk::on(site).await;
    let show = async |id: domain::PaymentId| desk.internal(KEY, "GET", &format!("/internal/payments/{id}"), None).await;
    let bought = desk.bought().await;
    let reservation = desk.role.get(bought.reservation);
    let reply = show(bought.id).await.ok();
    for (field, value) in [
        ("paymentId", json!(bought.id)),
        ("paymentKey", json!(bought.key)),
        ("reservationId", json!(bought.reservation)),
        ("userId", json!(bought.user)),
        ("status", json!("SUCCESS")),
        ("amount", json!(TOTAL)),
        ("holdNo", json!(reservation.hold_no)),
        ("paidAt", json!(domain::catalog::PreciseTime(clock::now()))),
        ("refund", Value::Null),
        ("seatIds", json!(reservation.seat_ids())),
    ] {
        assert_eq!(reply.body[field], value, "{field}");
    }
    assert_eq!(number(&reply), reservation.hold_no);
    let group = payment::ReservationGroup::new(desk.service.clone(), bus::Places::OfProcess);
    let ended = crate::told::cancelled(&reservation, "USER_REQUEST", Some(reservation.hold_no + 40));
    bus::Handler::handle(&group, &[ended]).await.expect("noted");
    let running = show(bought.id).await.ok();
    assert_eq!((running.text("status"), running.text("refund")), ("SUCCESS".into(), "RUNNING".into()));
    desk.rounds(3).await;
    let done = show(bought.id).await.ok();
    assert_eq!((done.text("status"), done.text("refund")), ("REFUNDED".into(), "DONE".into()));
    let begun = desk.begun().await;
    let group_note = crate::told::cancelled(&desk.role.get(begun.reservation), "USER_REQUEST", Some(900));
    bus::Handler::handle(&group, &[group_note]).await.expect("noted");
    let unknown = show(domain::PaymentId(Uuid::new_v4())).await;
    assert_eq!(unknown.said(), (404, "NOT_FOUND"));
    assert_eq!(number(&unknown), 900, "what was heard counts, and stands on refusals, too");
    assert_eq!(desk.internal(KEY, "GET", "/internal/payments/7", None).await.status, 404);
}

#[tokio::test]
async fn without_a_key_nothing_is_answered() {
    let desk = Desk::new().await;
    let id = Uuid::new_v4();
    for key in ["", "other"] {
        for (method, path) in [
            ("GET", format!("/internal/payments/{id}")),
            ("GET", "/internal/payments".to_owned()),
            ("POST", "/internal/payments/adopt".to_owned()),
        ] {
            let reply = desk.internal(key, method, &path, Some(json!({}))).await;
            assert_eq!(reply.said(), (401, "INTERNAL_API_UNAUTHORIZED"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_was_paid_is_listed_by_the_number_of_its_hold() {
    let desk = Desk::new().await;
    let (one, _pending, two) = (desk.bought().await, desk.begun().await, desk.bought().await);
    let ids = async |path: &str| -> Vec<Value> {
        let reply = desk.internal(KEY, "GET", path, None).await.ok();
        reply.body["list"].as_array().expect("a list").iter().map(|one| one["paymentId"].clone()).collect()
    };
    assert_eq!(ids("/internal/payments").await, [json!(one.id), json!(two.id)]);
    let above = desk.role.get(one.reservation).hold_no;
    assert_eq!(ids(&format!("/internal/payments?aboveHoldNo={above}")).await, [json!(two.id)]);
    assert_eq!(ids("/internal/payments?limit=1").await, [json!(one.id)]);
    for query in ["limit=0", "limit=501", "limit=x", "aboveHoldNo=x"] {
        let reply = desk.internal(KEY, "GET", &format!("/internal/payments?{query}"), None).await;
        assert_eq!(reply.said(), (400, "INVALID_INPUT"), "{query}");
    }
}

fn adoption(user: domain::AccountId, reservation: &domain::reservation::Reservation) -> Value {
    let claim = reservation.claim.expect("claimed");
    json!({"paymentId": claim.payment, "paymentKey": claim.key, "reservationId": reservation.id, "userId": user,
        "amount": claim.amount, "holdNo": claim.hold_no, "scheduleId": reservation.schedule,
        "seatIds": reservation.seat_ids(),
        "holdExpiresAt": domain::catalog::PreciseTime(reservation.hold_expires_at)})
}

/// Hole 9: the database was put back to before the payment; reservation knows it, and so its money is found.
async fn a_lost_payment_is_made_again(site: Site) {
    let desk = Desk::on(site).await;
    for is_paid in [true, false] {
        let begun = desk.begun().await;
        if is_paid {
            desk.paid(&begun, json!({})).await;
        }
        let raw = desk.raw().await;
        let id = desk.site.engine.uuid(begun.id.get().as_u128());
        raw.run(&format!("DELETE FROM payments WHERE id = {id}")).await.expect("lost");
        let reservation = desk.role.get(begun.reservation);
        let body = adoption(begun.user, &reservation);
        let reply = desk.internal(KEY, "POST", "/internal/payments/adopt", Some(body.clone())).await.ok();
        assert_eq!(reply.body["status"], "PENDING");
        let again = desk.internal(KEY, "POST", "/internal/payments/adopt", Some(body.clone())).await.ok();
        assert_eq!(again.body["paymentId"], json!(begun.id));
        desk.pass_ms(HOLD_MS + 10_000);
        desk.round().await;
        let row = desk.read(begun.id).await;
        let expected = if is_paid { PaymentStatus::Success } else { PaymentStatus::Failed };
        assert_eq!((row.status, row.seats), (expected, reservation.seat_ids()));
        let decided = desk.internal(KEY, "POST", "/internal/payments/adopt", Some(body.clone())).await.ok();
        assert_eq!(decided.body["status"], expected.as_str(), "one that is there is answered as it stands");
        let mut other = body;
        other["paymentId"] = json!(Uuid::new_v4());
        let refused = desk.internal(KEY, "POST", "/internal/payments/adopt", Some(other)).await;
        assert_eq!(refused.said(), (409, "PAYMENT_ALREADY_EXISTS"), "one payment a reservation, for ever");
    }
}

#[tokio::test]
async fn an_adoption_that_cannot_be_is_refused() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let body = adoption(somebody(), &desk.role.get(begun.reservation));
    for (field, wrong) in [
        ("amount", json!(0)),
        ("amount", json!(-5)),
        ("amount", json!("1")),
        ("paymentKey", json!("x")),
        ("holdNo", Value::Null),
        ("holdExpiresAt", json!("yesterday")),
        ("discountAmount", json!(-1)),
    ] {
        let mut body = body.clone();
        body[field] = wrong.clone();
        let reply = desk.internal(KEY, "POST", "/internal/payments/adopt", Some(body)).await;
        assert_eq!(reply.said(), (400, "INVALID_INPUT"), "{field} {wrong}");
    }
}

/// The same of a ticket that stands, of which an operator has given something back since: the ticket and the books agree.
#[tokio::test]
async fn a_lost_payment_of_a_ticket_is_success_again_whatever_was_given_back() {
    for given_back in [None, Some(30_000), Some(TOTAL)] {
        let desk = Desk::new().await;
        let bought = desk.bought().await;
        desk.role.confirm(bought.reservation);
        if let Some(amount) = given_back {
            desk.door(&format!("/payments/{}/cancel", bought.key), json!({"amount": amount})).await;
        }
        let id = desk.site.engine.uuid(bought.id.get().as_u128());
        let raw = desk.raw().await;
        raw.run("DELETE FROM outbox_events").await.expect("lost");
        raw.run(&format!("DELETE FROM payments WHERE id = {id}")).await.expect("lost");
        let mut body = adoption(bought.user, &desk.role.get(bought.reservation));
        body["confirmed"] = json!(true);
        desk.internal(KEY, "POST", "/internal/payments/adopt", Some(body)).await.ok();
        desk.rounds(3).await;
        let row = desk.read(bought.id).await;
        let is_whole = given_back == Some(TOTAL);
        let expected = if is_whole { PaymentStatus::Refunded } else { PaymentStatus::Success };
        assert_eq!((row.status, row.refunded_amount), (expected, given_back.unwrap_or(0)), "{given_back:?}");
        let kinds: &[&str] = if is_whole { &["PaymentSuccess", "PaymentRefunded"] } else { &["PaymentSuccess"] };
        assert_eq!(desk.told(bought.id).await, kinds, "{given_back:?}");
        assert_eq!(desk.owed(bought.id).await, [], "nothing more is given back");
    }
}
