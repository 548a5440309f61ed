//! `POST /payments/confirm`: the order of its answers, and what follows from what PortOne says (PAY-010, PAY-011).

use crate::desk::{Begun, Desk, ask, somebody};
use crate::role::{HOLD_MS, TOTAL};
use domain::payment::{PaymentStatus, RefundKind};
use ledger_testkit::{Site, on_every_database};
use payment::api;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

on_every_database!(a_purchase_is_stored_and_told, ten_at_once_over_two_processes_decide_once);

async fn a_purchase_is_stored_and_told(site: Site) {
    let desk = Desk::on(site).await;
    let begun = desk.begun().await;
    desk.pass_ms(1_234);
    let transaction = desk.paid(&begun, json!({})).await;
    desk.pass_ms(1_000);
    let reply = desk.confirm(&begun, &transaction).await.ok();
    let paid_at = domain::Timestamp(crate::desk::BEGIN.millis() + 1_234);
    assert_eq!(reply.body, json!({"paymentId": begun.id, "status": "SUCCESS", "paidAt": paid_at}));
    let row = desk.read(begun.id).await;
    assert_eq!((row.status, row.paid_at, row.captured_amount), (PaymentStatus::Success, Some(paid_at), TOTAL));
    assert_eq!(
        (row.transaction.as_deref(), row.transaction_sent.as_deref()),
        (Some(&*transaction), Some(&*transaction))
    );
    let reservation = desk.role.get(begun.reservation);
    assert!(reservation.secured_at.is_some(), "its seats are kept");
    let messages = desk.messages().await;
    assert_eq!(messages.len(), 1);
    let told = &messages[0];
    assert_eq!((told.event_type.as_str(), told.aggregate_type.as_str()), ("PaymentSuccess", "Payment"));
    assert_eq!(
        (told.aggregate_id.clone(), told.metadata.user_id.clone()),
        (begun.id.to_string(), Some(begun.user.to_string()))
    );
    assert_eq!(told.payload["holdNo"], json!(reservation.hold_no));
    assert_eq!(told.payload["seatIds"], json!(reservation.seat_ids()));
    assert_eq!(told.payload["paidAt"], format!("{}", domain::catalog::PreciseTime(paid_at)));
    assert_eq!(told.payload["paymentKey"], json!(begun.key));
    assert_eq!(desk.confirm(&begun, &transaction).await.said(), (409, "PAYMENT_ALREADY_EXISTS"));
}

#[tokio::test]
async fn refusals_come_in_their_order_and_portone_is_not_asked() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let with = |field: &str, value: Value| {
        let mut body = begun.confirmation("t");
        body[field] = value;
        body
    };
    let other = somebody();
    let said = async |user, body| {
        let reply = desk.post(user, "/payments/confirm", body).await;
        (reply.status, reply.code().to_owned())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(said(begun.user, with("paymentId", json!(Uuid::new_v4()))).await, is(404, "NOT_FOUND"));
    assert_eq!(said(other, with("paymentKey", json!(Uuid::new_v4()))).await, is(403, "FORBIDDEN"));
    for field in ["paymentKey", "reservationId"] {
        let mut body = with(field, json!(Uuid::new_v4()));
        body["amount"] = json!(1);
        assert_eq!(said(begun.user, body).await, is(400, "INVALID_INPUT"), "{field}, before the amount");
    }
    assert_eq!(said(begun.user, with("amount", json!(1))).await, is(400, "PAYMENT_AMOUNT_MISMATCH"));
    desk.pass_ms(HOLD_MS);
    assert_eq!(said(begun.user, with("amount", json!(1))).await, is(400, "PAYMENT_AMOUNT_MISMATCH"), "before 410");
    assert_eq!(said(begun.user, begun.confirmation("t")).await, is(410, "HOLD_EXPIRED"));
    assert_eq!(desk.calls(&begun.key).await, (1, 0), "PortOne was not asked");
    desk.read(begun.id).await.told.expect("it is stored what its buyer heard");
    let cancelled = desk.begun().await;
    desk.role.cancel(cancelled.reservation);
    assert_eq!(desk.confirm(&cancelled, "t").await.said(), (422, "RESERVATION_NOT_PAYABLE"));
    let bought = desk.bought().await;
    let mut decided = bought.confirmation("t");
    decided["amount"] = json!(1);
    assert_eq!(said(bought.user, decided).await, is(409, "PAYMENT_ALREADY_EXISTS"), "before the amount");
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_the_field() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    for (field, wrong) in [
        ("paymentId", json!("7")),
        ("reservationId", Value::Null),
        ("paymentKey", json!([])),
        ("transactionId", json!("")),
        ("transactionId", json!("  ")),
        ("transactionId", json!("x".repeat(256))),
        ("transactionId", json!("a\u{0}b")),
        ("transactionId", json!(7)),
        ("amount", json!("1")),
        ("amount", Value::Null),
    ] {
        let mut body = begun.confirmation("t");
        body[field] = wrong.clone();
        let reply = desk.post(begun.user, "/payments/confirm", body).await;
        assert_eq!(reply.said(), (400, "INVALID_INPUT"), "{field} {wrong}");
    }
    assert_eq!(desk.ask(None, "POST", "/payments/confirm", Some(begun.confirmation("t"))).await.status, 401);
}

#[tokio::test]
async fn confirming_before_paying_fails_and_ends_it() {
    for outcome in [None, Some("FAILED"), Some("CANCELLED")] {
        let desk = Desk::new().await;
        let begun = desk.begun().await;
        if let Some(outcome) = outcome {
            desk.paid(&begun, json!({"outcome": outcome})).await;
        }
        let reply = desk.confirm(&begun, "t").await.ok();
        assert_eq!(reply.body, json!({"paymentId": begun.id, "status": "FAILED", "failureReason": "NOT_PAID"}));
        assert_eq!((desk.told(begun.id).await, desk.owed(begun.id).await), (vec!["PaymentFailed".to_owned()], vec![]));
        assert_eq!(desk.confirm(&begun, "t").await.said(), (409, "PAYMENT_ALREADY_EXISTS"));
    }
}

#[tokio::test]
async fn what_a_company_still_looks_at_stays_pending() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({"outcome": "PAY_PENDING"})).await;
    let reply = desk.confirm(&begun, &transaction).await.ok();
    assert_eq!(reply.body, json!({"paymentId": begun.id, "status": "PENDING"}));
    assert!(desk.read(begun.id).await.asking.is_none(), "the next one asks at once");
    let transaction = desk.paid(&begun, json!({})).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
}

/// Money that is not as it was to be: FAILED, and owed whole.
#[tokio::test]
async fn money_that_is_not_as_it_was_to_be_is_failed_and_owed() {
    for (paid, reason) in [
        (json!({"amount": TOTAL - 1}), "AMOUNT_MISMATCH"),
        (json!({"amount": TOTAL * 2}), "AMOUNT_MISMATCH"),
        (json!({"currency": "USD"}), "CURRENCY_MISMATCH"),
        (json!({"transactionId": "another"}), "TX_ID_MISMATCH"),
    ] {
        let desk = Desk::new().await;
        let begun = desk.begun().await;
        let transaction = desk.paid(&begun, paid.clone()).await;
        let named = if reason == "TX_ID_MISMATCH" { "mine" } else { transaction.as_str() };
        let reply = desk.confirm(&begun, named).await.ok();
        assert_eq!(reply.body["failureReason"], reason, "{paid}");
        assert_eq!(desk.owed(begun.id).await, [(RefundKind::All, reason.to_owned())], "{paid}");
        assert_eq!(desk.told(begun.id).await, ["PaymentFailed"]);
        desk.rounds(3).await;
        let books = desk.books(&begun.key).await;
        assert_eq!(books["captured"], books["refunded"], "{paid}: given back");
        let row = desk.read(begun.id).await;
        assert_eq!((row.status, row.kept_amount()), (PaymentStatus::Failed, 0));
        assert_eq!(desk.told(begun.id).await, ["PaymentFailed"], "of a failed one nobody is told more");
    }
}

#[tokio::test]
async fn money_of_a_test_channel_is_given_back_where_it_does_not_count() {
    let desk = Desk::with(Site::sqlite(), |settings| settings.portone.accept_test_channel = false).await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["failureReason"], "TEST_CHANNEL");
    assert_eq!(desk.owed(begun.id).await, [(RefundKind::All, "TEST_CHANNEL".to_owned())]);
}

#[tokio::test]
async fn what_was_given_back_in_part_is_failed_and_the_rest_is_owed() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    desk.door(&format!("/payments/{}/cancel", begun.key), json!({"amount": 30_000})).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["failureReason"], "AMOUNT_MISMATCH");
    desk.rounds(3).await;
    let books = desk.books(&begun.key).await;
    assert_eq!((&books["captured"], &books["refunded"]), (&json!(TOTAL), &json!(TOTAL)));
}

#[tokio::test]
async fn money_taken_twice_pays_the_ticket_and_the_excess_is_owed() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    desk.door(&format!("/payments/{}/capture", begun.key), json!({"amount": TOTAL})).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
    assert_eq!(desk.owed(begun.id).await, [(RefundKind::Excess, "EXCESS".to_owned())]);
    desk.rounds(3).await;
    let books = desk.books(&begun.key).await;
    assert_eq!((&books["captured"], &books["refunded"]), (&json!(TOTAL * 2), &json!(TOTAL)));
    let row = desk.read(begun.id).await;
    assert_eq!((row.status, row.kept_amount()), (PaymentStatus::Success, TOTAL), "the ticket stays");
}

async fn ten_at_once_over_two_processes_decide_once(site: Site) {
    let desk = Desk::on(site).await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    let services = [desk.service.clone(), desk.another()];
    let calls = (0..10).map(|number| {
        let (routes, user) = (api::routes(services[number % 2].clone()), begun.user);
        let body = begun.confirmation(&transaction);
        tokio::spawn(async move { ask(routes, Some(user), "POST", "/payments/confirm", Some(body)).await })
    });
    let mut decided = 0;
    for reply in futures::future::join_all(calls).await {
        let reply = reply.expect("answered");
        match reply.status {
            200 => decided += usize::from(reply.body["status"] == "SUCCESS"),
            _ => assert_eq!(reply.said(), (409, "PAYMENT_ALREADY_EXISTS"), "{}", reply.body),
        }
    }
    assert_eq!(decided, 1);
    assert_eq!(desk.told(begun.id).await, ["PaymentSuccess"]);
    assert_eq!((desk.calls(&begun.key).await.1, desk.role.calls().1), (1, 1), "one asks at a time, and one asked");
}

/// The last millisecond is in time, the very instant is not.
#[tokio::test]
async fn at_the_very_instant_of_expiry_it_is_too_late() {
    for (early_ms, is_in_time) in [(1, true), (0, false)] {
        let desk = Desk::new().await;
        let begun = desk.begun().await;
        let transaction = desk.paid(&begun, json!({})).await;
        desk.pass_ms(HOLD_MS - early_ms);
        let reply = desk.confirm(&begun, &transaction).await;
        if is_in_time {
            assert_eq!(reply.ok().body["status"], "SUCCESS");
        } else {
            assert_eq!(reply.said(), (410, "HOLD_EXPIRED"));
        }
    }
}

#[tokio::test]
async fn while_portone_says_nothing_a_payment_stays_pending_and_a_retry_decides_it() {
    for (fault, said) in [
        ("error", (502, "PORTONE_API_ERROR")),
        ("garbage", (502, "PORTONE_API_ERROR")),
        ("hang", (504, "PORTONE_TIMEOUT")),
    ] {
        // Only the silence is waited for so long; a busy machine delays the other answers.
        let patience = Duration::from_secs(3);
        let desk = Desk::with(Site::sqlite(), |settings| settings.portone.timeout = patience).await;
        let begun = desk.begun().await;
        let transaction = desk.paid(&begun, json!({})).await;
        desk.fault(json!({"mode": fault, "call": "get"})).await;
        assert_eq!(desk.confirm(&begun, &transaction).await.said(), said, "{fault}");
        let row = desk.read(begun.id).await;
        assert!(row.is_pending() && row.asking.is_none(), "{fault}");
        assert_eq!(desk.told(begun.id).await, [""; 0]);
        desk.no_faults().await;
        assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS", "{fault}");
    }
}

#[tokio::test]
async fn a_portone_that_fails_again_and_again_is_not_asked_for_a_while() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    desk.fault(json!({"mode": "error", "call": "get"})).await;
    for _ in 0..9 {
        assert_eq!(desk.confirm(&begun, &transaction).await.code(), "PORTONE_API_ERROR");
    }
    let asked = desk.calls(&begun.key).await.1;
    let reply = desk.confirm(&begun, &transaction).await;
    assert_eq!(reply.said(), (503, "PORTONE_CIRCUIT_OPEN"), "nine of ten failed: the registration was good");
    assert_eq!(desk.calls(&begun.key).await.1, asked, "it was not asked");
    assert!(desk.service.is_portone_resting());
    desk.no_faults().await;
    desk.pass_ms(59_000);
    assert_eq!(desk.confirm(&begun, &transaction).await.code(), "PORTONE_CIRCUIT_OPEN");
    desk.pass_ms(1_000);
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
}

#[tokio::test]
async fn while_another_role_is_away_a_payment_stays_pending() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    desk.role.set_away(true);
    assert_eq!(desk.confirm(&begun, &transaction).await.said(), (503, "SERVICE_UNAVAILABLE"));
    assert!(desk.read(begun.id).await.asking.is_none());
    desk.role.set_away(false);
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
}

/// Two buy at once what the other has: of the same payment another's page knows nothing.
#[tokio::test]
async fn payments_of_others_are_neither_shown_nor_decided() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let other = somebody();
    assert_eq!(desk.get(other, &format!("/payments/{}", begun.id)).await.said(), (403, "FORBIDDEN"));
    let stolen = Begun { user: other, ..begun.clone() };
    assert_eq!(desk.confirm(&stolen, "t").await.said(), (403, "FORBIDDEN"));
    assert_eq!(desk.get(other, "/payments").await.ok().body["totalElements"], 0);
}
