//! `POST /payments/webhook`: who may tell, what is kept, and that nothing of it is believed but the payment's name.

use crate::desk::{Desk, Reply};
use crate::role::HOLD_MS;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::payment::{FailureReason, PaymentStatus};
use hmac::{Hmac, KeyInit, Mac};
use ledger_testkit::{Site, on_every_database};
use payment::rows::webhooks;
use sandbox::SandboxSettings;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

on_every_database!(
    notices_are_kept_once_however_often_and_at_once_they_come,
    notices_that_were_answered_go_and_others_stay,
    a_lost_payment_of_a_hold_that_was_taken_again_is_success_again,
);

/// Signs a body as PortOne does.
fn signed(id: &str, seconds: i64, body: &str) -> Vec<(String, String)> {
    let secret = SandboxSettings::default().portone.webhook_secret;
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a prefix")).expect("Base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let headers = [("webhook-id", id), ("webhook-timestamp", &seconds.to_string()), ("webhook-signature", &signature)];
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

fn now_seconds() -> i64 {
    clock::now().millis() / 1_000
}

async fn told(desk: &Desk, body: &Value) -> Reply {
    let (id, body) = (format!("wh-{}", Uuid::new_v4()), body.to_string());
    desk.hear(&signed(&id, now_seconds(), &body), &body).await
}

#[tokio::test]
async fn a_notice_before_the_confirm_decides_the_payment() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let transaction = desk.paid(&begun, json!({})).await;
    let (headers, body) = desk.notice(&begun.key, true).await;
    assert_eq!(desk.hear(&headers, &body).await.ok().body, json!({}));
    assert!(desk.read(begun.id).await.is_pending(), "it is only noted");
    desk.round().await;
    assert_eq!(desk.read(begun.id).await.status, PaymentStatus::Success);
    assert_eq!(desk.confirm(&begun, &transaction).await.said(), (409, "PAYMENT_ALREADY_EXISTS"));
    assert_eq!(desk.told(begun.id).await, ["PaymentSuccess"]);
}

#[tokio::test]
async fn a_notice_of_an_unpaid_payment_fails_nothing_while_its_hold_runs() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    for outcome in ["FAILED", "CANCELLED", "PAY_PENDING"] {
        desk.paid(&begun, json!({"outcome": outcome})).await;
        let (headers, body) = desk.notice(&begun.key, true).await;
        desk.hear(&headers, &body).await.ok();
        desk.round().await;
        assert!(desk.read(begun.id).await.is_pending(), "{outcome}");
    }
    let transaction = desk.paid(&begun, json!({})).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
}

#[tokio::test]
async fn who_does_not_sign_is_not_heard() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    desk.paid(&begun, json!({})).await;
    let before = desk.read(begun.id).await;
    let (good, body) = desk.notice(&begun.key, true).await;
    let (forged, forged_body) = desk.notice(&begun.key, false).await;
    let mut cases = vec![("forged", forged, forged_body)];
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let missing = good.iter().filter(|(header, _)| header != name).cloned().collect();
        cases.push(("missing", missing, body.clone()));
        let mut doubled = good.clone();
        doubled.extend(good.iter().filter(|(header, _)| header == name).cloned());
        cases.push(("doubled", doubled, body.clone()));
        let mut empty = good.clone();
        empty.iter_mut().filter(|(header, _)| header == name).for_each(|(_, value)| value.clear());
        cases.push(("empty", empty, body.clone()));
    }
    cases.push(("another body", good.clone(), body.replace("Paid", "Cancelled")));
    cases.push(("no headers", Vec::new(), body.clone()));
    for (what, headers, body) in cases {
        assert_eq!(desk.hear(&headers, &body).await.said(), (401, "WEBHOOK_SIGNATURE_INVALID"), "{what}");
    }
    assert_eq!(desk.read(begun.id).await, before);
    assert_eq!(webhooks::unknown(&desk.ledger, 10).await, Ok(vec![]));
}

#[tokio::test]
async fn a_notice_counts_for_three_hundred_seconds_either_way() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let body = json!({"type": "Transaction.Paid", "data": {"paymentId": begun.key}}).to_string();
    for (off, status) in [(-300, 200), (300, 200), (-301, 401), (301, 401)] {
        let headers = signed(&format!("wh{off}"), now_seconds() + off, &body);
        assert_eq!(desk.hear(&headers, &body).await.status, status, "{off}");
    }
}

#[tokio::test]
async fn replayed_and_reordered_notices_change_nothing() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    desk.paid(&begun, json!({"outcome": "FAILED"})).await;
    let failed = desk.notice(&begun.key, true).await;
    let transaction = desk.paid(&begun, json!({})).await;
    let paid = desk.notice(&begun.key, true).await;
    assert_eq!(desk.confirm(&begun, &transaction).await.ok().body["status"], "SUCCESS");
    let stands = desk.read(begun.id).await;
    for (headers, body) in [&paid, &failed, &paid, &failed, &failed] {
        desk.hear(headers, body).await.ok();
        desk.round().await;
    }
    let after = desk.read(begun.id).await;
    assert_eq!((after.status, after.paid_at, after.hold_no), (PaymentStatus::Success, stands.paid_at, stands.hold_no));
    assert_eq!((desk.told(begun.id).await, desk.owed(begun.id).await), (vec!["PaymentSuccess".to_owned()], vec![]));
}

#[tokio::test]
async fn a_notice_of_a_payment_that_nobody_knows_is_kept() {
    let desk = Desk::new().await;
    for key in [Uuid::new_v4().to_string(), "order-17".to_owned()] {
        let (headers, body) = desk.notice(&key, true).await;
        desk.hear(&headers, &body).await.ok();
        desk.hear(&headers, &body).await.ok();
        let unknown = webhooks::unknown(&desk.ledger, 10).await.expect("read");
        let kept: Vec<_> = unknown.iter().filter(|notice| notice.payment_key.as_deref() == Some(&key)).collect();
        assert_eq!(kept.len(), 1, "{key}");
    }
}

#[tokio::test]
async fn signed_nonsense_is_refused_and_other_types_are_borne() {
    let desk = Desk::new().await;
    for body in [
        "",
        "7",
        "[]",
        "{}",
        "{\"type\":7}",
        "{\"type\":\"\"}",
        "{\"type\":\"A\",\"data\":{\"paymentId\":7}}",
        "{\"type\":\"A\",\"data\":7}",
        "\u{0}",
    ] {
        let headers = signed("wh-nonsense", now_seconds(), body);
        assert_eq!(desk.hear(&headers, body).await.said(), (400, "INVALID_INPUT"), "{body}");
    }
    for body in [
        json!({"type": "BillingKey.Issued", "data": {"billingKey": "b"}}),
        json!({"type": "Something.New"}),
        json!({"type": "Transaction.Ready", "data": {}}),
    ] {
        assert_eq!(told(&desk, &body).await.ok().body, json!({}), "{body}");
    }
    assert_eq!(webhooks::unknown(&desk.ledger, 10).await, Ok(vec![]), "they are about no payment");
    let long = "x".repeat(70_000);
    assert_eq!(desk.hear(&signed("wh-long", now_seconds(), &long), &long).await.said(), (413, "PAYLOAD_TOO_LARGE"));
}

#[tokio::test]
async fn a_notice_that_cannot_be_kept_is_sent_again() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let (headers, body) = desk.notice(&begun.key, true).await;
    desk.ledger.clone().close().await.expect("closed");
    assert_eq!(desk.hear(&headers, &body).await.said(), (503, "SERVICE_UNAVAILABLE"));
}

#[tokio::test]
async fn nothing_but_the_name_is_believed() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let lie = json!({"type": "Transaction.Paid", "timestamp": "2026-12-01T20:00:00Z", "data": {"paymentId": begun.key,
        "storeId": "store-of-others", "transactionId": "t", "amount": {"total": 1}, "status": "PAID"}});
    told(&desk, &lie).await.ok();
    desk.round().await;
    assert!(desk.read(begun.id).await.is_pending(), "PortOne itself says that nothing is paid");
    desk.pass_ms(HOLD_MS + 10_000);
    told(&desk, &lie).await.ok();
    desk.round().await;
    assert_eq!(desk.read(begun.id).await.failure, Some(FailureReason::HoldExpired));
}

async fn notices_are_kept_once_however_often_and_at_once_they_come(site: Site) {
    let desk = Desk::on(site).await;
    let begun = desk.begun().await;
    desk.paid(&begun, json!({})).await;
    let (headers, body) = desk.notice(&begun.key, true).await;
    let calls = (0..8).map(|_| desk.hear(&headers, &body));
    for reply in futures::future::join_all(calls).await {
        reply.ok();
    }
    assert_eq!(desk.raw().await.numbers("SELECT COUNT(*) FROM webhooks").await, [1]);
    assert_eq!(desk.read(begun.id).await.due_at, Some(clock::now()));
    assert_eq!(webhooks::unknown(&desk.ledger, 10).await, Ok(vec![]));
}

async fn notices_that_were_answered_go_and_others_stay(site: Site) {
    let desk = Desk::on(site).await;
    let begun = desk.begun().await;
    desk.paid(&begun, json!({})).await;
    for _ in 0..3 {
        let (headers, body) = desk.notice(&begun.key, true).await;
        desk.hear(&headers, &body).await.ok();
    }
    let unknown = json!({"type": "Transaction.Paid", "timestamp": "2026-12-01T12:00:00Z",
        "data": {"paymentId": Uuid::new_v4(), "transactionId": "t", "storeId": "store"}});
    told(&desk, &unknown).await.ok();
    let kept = async || desk.raw().await.numbers("SELECT COUNT(*) FROM webhooks").await;
    assert_eq!(kept().await, [4]);
    assert_eq!(desk.service.forget_notices().await, Ok(0), "they are of today");
    let later = clock::now().plus_seconds(60);
    assert_eq!(webhooks::forget_done(&desk.ledger, later, 2).await, Ok(2), "so many at once");
    desk.clock.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(desk.service.forget_notices().await, Ok(0), "a month is kept");
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(desk.service.forget_notices().await, Ok(1));
    assert_eq!(kept().await, [1], "what nobody knows is kept");
    assert_eq!(webhooks::unknown(&desk.ledger, 10).await.map(|all| all.len()), Ok(1));
}

/// Hole 9: reservation shows the number of the hold that was taken again, and its claim has the one before.
async fn a_lost_payment_of_a_hold_that_was_taken_again_is_success_again(site: Site) {
    let desk = Desk::on(site).await;
    for is_confirmed in [true, false] {
        let begun = desk.begun().await;
        desk.paid(&begun, json!({})).await;
        desk.pass_ms(HOLD_MS + 10_000);
        desk.role.sweep();
        desk.round().await;
        let before = desk.read(begun.id).await;
        let kept = desk.role.get(begun.reservation);
        assert_eq!((before.status, before.hold_no), (PaymentStatus::Success, kept.hold_no));
        assert_ne!(kept.claim.map(|claim| claim.hold_no), Some(kept.hold_no), "it was taken again");
        if is_confirmed {
            desk.role.confirm(begun.reservation);
        }
        let (raw, id) = (desk.raw().await, desk.site.engine.uuid(begun.id.get().as_u128()));
        raw.run("DELETE FROM outbox_events").await.expect("lost");
        raw.run(&format!("DELETE FROM payments WHERE id = {id}")).await.expect("lost");

        let (headers, body) = desk.notice(&begun.key, true).await;
        desk.hear(&headers, &body).await.ok();
        assert_eq!(desk.service.look_at_notices(&mut HashSet::new()).await, Ok(0), "adopted");
        desk.rounds(3).await;
        let after = desk.read(begun.id).await;
        assert_eq!((after.status, after.hold_no), (PaymentStatus::Success, kept.hold_no), "{:?}", after.failure);
        assert_eq!((desk.told(begun.id).await, desk.owed(begun.id).await), (vec!["PaymentSuccess".to_owned()], vec![]));
    }
}
