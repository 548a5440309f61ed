//! `GET /payments` and `GET /payments/{id}` (PAY-014, PAY-015).

use crate::desk::{Begun, Desk, somebody};
use crate::role::{HOLD_MS, TOTAL};
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use uuid::Uuid;

on_every_database!(a_persons_payments_are_listed_newest_first);

async fn a_persons_payments_are_listed_newest_first(site: Site) {
    let desk = Desk::on(site).await;
    let user = somebody();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let reservation = desk.role.hold_of(user, &[Uuid::new_v4()]);
        ids.push(Begun::of(&desk.pay(user, reservation).await.ok(), user, reservation).id);
        desk.pass_ms(1);
    }
    desk.begun().await;
    let list = async |query: &str| {
        let reply = desk.get(user, &format!("/payments{query}")).await.ok();
        let ids: Vec<Value> =
            reply.body["list"].as_array().expect("a list").iter().map(|one| one["paymentId"].clone()).collect();
        (ids, reply.body)
    };
    let (all, body) = list("").await;
    assert_eq!(all, [json!(ids[2]), json!(ids[1]), json!(ids[0])]);
    assert_eq!((&body["page"], &body["size"], &body["totalElements"]), (&json!(0), &json!(20), &json!(3)));
    assert_eq!(list("?page=1&size=2").await.0, [json!(ids[0])]);
    assert_eq!(list("?page=1000000&size=100").await.0, [Value::Null; 0]);
    let item = &body["list"][0];
    assert_eq!(item["status"], "PENDING");
    assert_eq!((&item["method"], &item["amount"], &item["paidAt"]), (&json!("CARD"), &json!(TOTAL), &Value::Null));
    for query in ["?page=-1", "?page=1000001", "?size=0", "?size=101", "?size=x", "?page=1&page=2"] {
        assert_eq!(desk.get(user, &format!("/payments{query}")).await.said(), (400, "INVALID_INPUT"), "{query}");
    }
    assert_eq!(desk.ask(None, "GET", "/payments", None).await.status, 401);
}

#[tokio::test]
async fn a_payment_shows_what_its_state_allows() {
    let desk = Desk::new().await;
    let begun = desk.begun().await;
    let show = async || desk.get(begun.user, &format!("/payments/{}", begun.id)).await.ok();
    let pending = show().await;
    assert_eq!(pending.text("paymentKey"), begun.key);
    assert_eq!(
        (pending.text("storeId"), pending.text("channelKey")),
        ("store-sandbox".into(), "channel-key-sandbox".into())
    );
    assert_eq!(pending.body["holdExpiresAt"], json!(domain::Timestamp(clock::now().millis() + HOLD_MS)));
    assert_eq!((&pending.body["cardName"], &pending.body["paidAt"]), (&Value::Null, &Value::Null));
    let transaction = desk.paid(&begun, json!({})).await;
    desk.confirm(&begun, &transaction).await.ok();
    let paid = show().await;
    assert_eq!(
        (paid.text("status"), paid.text("cardName"), paid.text("cardNumber")),
        ("SUCCESS".into(), "SHINHAN_CARD".into(), "1234-****-****-5678".into())
    );
    assert_eq!(paid.body.get("paymentKey"), None, "the window is closed");
    assert_eq!(paid.headers.get("cache-control").map(|value| value.as_bytes()), Some(&b"no-store"[..]));
    let failed = desk.begun().await;
    desk.confirm(&failed, "t").await.ok();
    let failed = desk.get(failed.user, &format!("/payments/{}", failed.id)).await.ok();
    assert_eq!((failed.text("failureReason"), &failed.body["cardNumber"]), ("NOT_PAID".into(), &Value::Null));
    for path in ["/payments/7", &format!("/payments/{}", Uuid::new_v4())] {
        assert_eq!(desk.get(begun.user, path).await.said(), (404, "NOT_FOUND"), "{path}");
    }
}
