//! What PortOne says that the sandbox never does (holes 2 and 15).

use crate::desk::{Begun, Desk};
use crate::role::HOLD_MS;
use crate::scripted::Scripted;
use domain::Timestamp;
use domain::payment::{Changed, Payment, PaymentStatus, RefundKind};
use payment::steps::PaymentSteps;
use serde_json::{Value, json};

async fn opened() -> (Desk, Scripted, Begun) {
    let (portone, url) = Scripted::open().await;
    let desk = Desk::at(url).await;
    let begun = desk.begun().await;
    (desk, portone, begun)
}

/// Hole 2: an answer that says nothing of the money leaves the payment as it is, whatever its status.
#[tokio::test]
async fn an_answer_that_says_nothing_of_money_is_no_word_about_it() {
    let (desk, portone, begun) = opened().await;
    let other = json!({"status": "PAID", "id": "another", "storeId": "store-sandbox", "currency": "KRW",
        "amount": {"total": 1, "paid": 1, "cancelled": 0}});
    for (status, body) in [
        (401, json!({"type": "UNAUTHORIZED"})),
        (403, json!({"type": "FORBIDDEN"})),
        (404, Value::Null),
        (404, json!({"message": "not found"})),
        (404, json!({"type": "SOMETHING_ELSE"})),
        (400, json!({"type": "INVALID_REQUEST"})),
        (429, json!({"type": "RATE_LIMIT"})),
        (200, json!({"status": "SOMETHING_NEW", "id": begun.key, "storeId": "store-sandbox", "currency": "KRW"})),
        (200, json!({"status": "READY", "id": begun.key})),
        (200, other),
        (200, json!("PAID")),
        (302, Value::Null),
    ] {
        portone.say(status, body.to_string());
        let reply = desk.confirm(&begun, "tx").await;
        assert!(["PORTONE_API_ERROR", "PORTONE_CIRCUIT_OPEN"].contains(&reply.code()), "{status} {body}");
        assert!(desk.read(begun.id).await.is_pending(), "{status} {body}");
        // Ten that failed would let it rest: a good one in between.
        portone.paid(&begun.key, begun.amount, |body| body["amount"]["paid"] = json!(0));
        desk.pass_ms(60_000 / 12);
        desk.service.settle(begun.id).await.expect("looked");
    }
    portone.say(200, "x".repeat(5 << 20));
    assert_eq!(desk.confirm(&begun, "tx").await.said(), (502, "PORTONE_API_ERROR"), "too long");
    portone.say(404, json!({"type": "PAYMENT_NOT_FOUND"}).to_string());
    assert_eq!(desk.confirm(&begun, "tx").await.ok().body["failureReason"], "NOT_PAID", "PortOne's own word");
}

#[tokio::test]
async fn a_payment_that_was_seen_paid_is_never_unknown() {
    let (desk, portone, begun) = opened().await;
    portone.paid(&begun.key, begun.amount, |_| {});
    // Reservation is away after the look-up: what was seen is kept, since PortOne names no moment.
    let role = desk.role.clone();
    let course = payment::Course::with(move |place| {
        role.set_away(place == payment::Place::Paid);
        Box::pin(async {})
    });
    let routes = payment::api::routes(desk.service.watched(course));
    let body = Some(begun.confirmation("tx"));
    let reply = crate::desk::ask(routes, Some(begun.user), "POST", "/payments/confirm", body).await;
    assert_eq!(reply.status, 503);
    desk.role.set_away(false);
    portone.say(404, json!({"type": "PAYMENT_NOT_FOUND"}).to_string());
    assert_eq!(desk.confirm(&begun, "tx").await.said(), (502, "PORTONE_API_ERROR"));
    assert!(desk.read(begun.id).await.is_pending());
    portone.paid(&begun.key, begun.amount, |_| {});
    assert_eq!(desk.confirm(&begun, "tx").await.ok().body["status"], "SUCCESS");
}

#[tokio::test]
async fn money_at_another_store_is_failed_and_owed() {
    let (desk, portone, begun) = opened().await;
    portone.paid(&begun.key, begun.amount, |body| body["storeId"] = json!("store-of-others"));
    assert_eq!(desk.confirm(&begun, "tx").await.ok().body["failureReason"], "STORE_MISMATCH");
    assert_eq!(desk.owed(begun.id).await, [(RefundKind::All, "STORE_MISMATCH".to_owned())]);
}

/// Hole 15: `paidAt` is cut to our first look-up that saw it, and is that one where it is missing.
#[tokio::test]
async fn a_missing_or_late_moment_is_that_of_our_first_look_up() {
    for paid_at in [Value::Null, json!("2099-01-01T00:00:00Z")] {
        let (desk, portone, begun) = opened().await;
        portone.paid(&begun.key, begun.amount, |body| body["paidAt"] = paid_at.clone());
        desk.pass_ms(HOLD_MS - 1);
        let seen = clock::now();
        // The process dies after the look-up, before the seats are kept.
        let course = payment::Course::with(|place| match place {
            payment::Place::Paid => Box::pin(std::future::pending()),
            _ => Box::pin(async {}),
        });
        let routes = payment::api::routes(desk.service.watched(course));
        let (user, body) = (begun.user, begun.confirmation("tx"));
        let dead =
            tokio::spawn(
                async move { crate::desk::ask(routes, Some(user), "POST", "/payments/confirm", Some(body)).await },
            );
        let kept = testkit_until(|| async { desk.read(begun.id).await.first_paid_at }).await;
        assert_eq!(kept, seen, "{paid_at}: the moment is stored before anything follows from it");
        dead.abort();
        desk.pass_ms(20_000);
        desk.role.sweep();
        desk.round().await;
        let row = desk.read(begun.id).await;
        assert_eq!((row.status, row.paid_at), (PaymentStatus::Success, Some(seen)), "{paid_at}: in time");
    }
}

/// Waits for a value.
async fn testkit_until<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    let waiting = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await.expect("it comes")
}

/// A payment that is paid, and that PortOne names by our key alone.
async fn unnamed() -> (Desk, Begun) {
    let (desk, portone, begun) = opened().await;
    portone.paid(&begun.key, begun.amount, |body| {
        body.as_object_mut().expect("an object").remove("transactionId");
    });
    (desk, begun)
}

/// The table asks a name of every SUCCESS.
#[tokio::test]
async fn a_payment_that_portone_names_by_our_key_alone_is_success_with_that_name() {
    let (desk, begun) = unnamed().await;
    desk.service.settle(begun.id).await.expect("looked");
    let row = desk.read(begun.id).await;
    assert_eq!((row.status, row.transaction.as_ref()), (PaymentStatus::Success, Some(&begun.key)));
    let told = desk.messages().await.pop().expect("told");
    assert_eq!(told.payload["portoneTransactionId"], json!(begun.key));
}

#[tokio::test]
async fn at_confirm_a_name_that_portone_does_not_tell_is_another_one() {
    let (desk, begun) = unnamed().await;
    assert_eq!(desk.confirm(&begun, &begun.key).await.ok().body["failureReason"], "TX_ID_MISMATCH");
    assert_eq!(desk.owed(begun.id).await, [(RefundKind::All, "TX_ID_MISMATCH".to_owned())]);
}

#[tokio::test]
async fn an_unknown_status_with_money_is_money() {
    let (desk, portone, begun) = opened().await;
    portone.paid(&begun.key, begun.amount, |body| body["status"] = json!("SETTLED_SOMEHOW"));
    assert_eq!(desk.confirm(&begun, "tx").await.ok().body["status"], "SUCCESS");
}

#[tokio::test]
async fn the_card_is_shown_masked_and_nothing_else_of_it_is_kept() {
    let (desk, portone, begun) = opened().await;
    portone.paid(&begun.key, begun.amount, |body| {
        body["method"] = json!({"card": {"publisher": null, "issuer": "SHINHAN", "number": "1234567812345678"}});
        body["customer"] = json!({"name": "Kim Minsu"});
    });
    desk.confirm(&begun, "tx").await.ok();
    let shown = desk.get(begun.user, &format!("/payments/{}", begun.id)).await.ok();
    assert_eq!((shown.text("cardName"), shown.text("cardNumber")), ("SHINHAN".into(), "1234-****-****-5678".into()));
    let row = desk.read(begun.id).await;
    let kept = format!("{row:?}");
    assert!(!kept.contains("56781234") && !kept.contains("Kim"), "{kept}");
}

/// PortOne's answer is on its way, and says that nothing is paid yet; then comes what another process hears.
#[tokio::test]
async fn what_is_heard_during_a_look_up_is_looked_up_at_once() {
    let (desk, portone, begun) = opened().await;
    let hears = |rule: fn(&Payment, Timestamp) -> Payment| {
        let (steps, id) = (PaymentSteps::start(&desk.ledger), begun.id);
        portone.meanwhile(async move {
            steps.change(id, move |payment, now| Ok(Changed::quietly(rule(payment, now)))).await.expect("noted");
        });
    };
    let notice = || hears(|payment, now| payment.noticed(now));
    let is_due = async || desk.read(begun.id).await.due_at.is_some_and(|due_at| due_at <= clock::now());
    let under_way = || {
        portone.paid(&begun.key, begun.amount, |body| {
            (body["status"], body["amount"]["paid"]) = (json!("PAY_PENDING"), json!(0));
        });
    };
    under_way();
    notice();
    assert_eq!(desk.confirm(&begun, "tx").await.ok().body["status"], "PENDING");
    assert!(is_due().await, "after a confirm");
    notice();
    desk.round().await;
    assert!(is_due().await, "after a worker's look");
    hears(|payment, now| payment.reservation_cancelled("EVENT_CANCELLED", Some(0), now).expect("noted").payment);
    desk.round().await;
    assert!(is_due().await, "its reservation's end, too");
    portone.say(503, "");
    notice();
    desk.round().await;
    assert!(is_due().await, "although nobody answers");
    under_way();
    desk.round().await;
    assert!(!is_due().await, "once");

    portone.paid(&begun.key, begun.amount, |_| {});
    desk.pass_ms(HOLD_MS - 1_000);
    assert_eq!(desk.confirm(&begun, "tx").await.ok().body["status"], "SUCCESS");
    desk.pass_ms(24 * 3_600_000);
    notice();
    desk.round().await;
    assert!(is_due().await, "after a look at what is decided");
    portone.paid(&begun.key, begun.amount, |body| {
        (body["status"], body["amount"]["cancelled"]) = (json!("CANCELLED"), json!(begun.amount));
    });
    desk.round().await;
    assert_eq!(desk.read(begun.id).await.status, PaymentStatus::Refunded, "what the notice was about is seen");
}
