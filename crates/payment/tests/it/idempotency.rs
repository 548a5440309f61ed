//! `Idempotency-Key` at both routes: a repeated call hears what its first one did (amendment 1).

use crate::desk::{Begun, Desk, Reply, new, send, somebody};
use crate::role::TOTAL;
use axum::Router;
use axum::body::Body;
use futures::FutureExt;
use http::Request;
use onsale_http::calls::Identify;
use onsale_http::{Calls, with_calls};
use payment::{Course, PaymentService, Place, api};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The routes as the program serves them.
fn routes(desk: &Desk, service: PaymentService) -> Router {
    // People are known by the gateway's word, which the layer reads from the request.
    let nobody: Identify = Arc::new(|_, _| async { None }.boxed());
    with_calls(api::routes(service), Calls::new(nobody, Arc::new(desk.ledger.clone()), Duration::from_secs(30)))
}

async fn keyed(routes: Router, user: domain::AccountId, path: &str, body: &Value, key: &str) -> Reply {
    let request = Request::builder().method("POST").uri(path).header("content-type", "application/json");
    let request = request.header("idempotency-key", key).body(Body::from(body.to_string())).expect("a request");
    send(routes, Some(user), request).await
}

#[tokio::test]
async fn a_repeated_call_hears_its_first_answer() {
    let desk = Desk::new().await;
    let (user, routes) = (somebody(), routes(&desk, desk.service.clone()));
    let reservation = desk.role.hold(user);
    let body = new(reservation, TOTAL);
    let first = keyed(routes.clone(), user, "/payments", &body, "k-1").await.ok();
    let second = keyed(routes.clone(), user, "/payments", &body, "k-1").await.ok();
    assert_eq!(second.body, first.body);
    assert!(second.headers.contains_key("idempotency-replayed"));
    let other = keyed(routes.clone(), user, "/payments", &body, "k-2").await;
    assert_eq!(other.said(), (409, "PAYMENT_ALREADY_EXISTS"), "another key is another call");
    let reused = keyed(routes.clone(), user, "/payments", &new(reservation, 1), "k-1").await;
    assert_eq!(reused.said(), (422, "IDEMPOTENCY_KEY_REUSED"));
    let begun = Begun::of(&first, user, reservation);
    let transaction = desk.paid(&begun, json!({})).await;
    let confirm = begun.confirmation(&transaction);
    let first = keyed(routes.clone(), user, "/payments/confirm", &confirm, "k-3").await.ok();
    assert_eq!(first.body["status"], "SUCCESS");
    let second = keyed(routes, user, "/payments/confirm", &confirm, "k-3").await.ok();
    assert_eq!(second.body, first.body);
}

/// The process dies when the effect is stored and before its answer is kept.
#[tokio::test]
async fn a_call_whose_answer_was_never_kept_hears_what_stands() {
    let desk = Desk::new().await;
    let user = somebody();
    let stops_at =
        |at| Course::with(move |place| if place == at { std::future::pending().boxed() } else { async {}.boxed() });
    let routes_of = |service: PaymentService| routes(&desk, service);
    let reservation = desk.role.hold(user);
    let body = new(reservation, TOTAL);
    let dead = routes_of(desk.service.watched(stops_at(Place::Registered)));
    let call = {
        let body = body.clone();
        tokio::spawn(async move { keyed(dead, user, "/payments", &body, "k-1").await })
    };
    until(|| async {
        desk.of(reservation).await.is_some_and(|row| row.registered_at.is_none())
            && desk.of(reservation).await.is_some()
    })
    .await;
    call.abort();
    desk.pass_ms(20_000);
    let again = keyed(routes_of(desk.another()), user, "/payments", &body, "k-1").await.ok();
    let begun = Begun::of(&again, user, reservation);
    let twice = keyed(routes_of(desk.another()), user, "/payments", &body, "k-1").await.ok();
    assert_eq!(twice.body, again.body);
    let transaction = desk.paid(&begun, json!({})).await;
    let confirm = begun.confirmation(&transaction);
    let dead = routes_of(desk.service.watched(stops_at(Place::Decided)));
    let call = {
        let confirm = confirm.clone();
        tokio::spawn(async move { keyed(dead, user, "/payments/confirm", &confirm, "k-2").await })
    };
    until(|| async { !desk.read(begun.id).await.is_pending() }).await;
    call.abort();
    let reply = keyed(routes_of(desk.another()), user, "/payments/confirm", &confirm, "k-2").await.ok();
    assert_eq!(reply.body["status"], "SUCCESS", "its own effect, and no 409");
    let other = keyed(routes_of(desk.another()), user, "/payments/confirm", &confirm, "k-9").await;
    assert_eq!(other.said(), (409, "PAYMENT_ALREADY_EXISTS"));
    assert_eq!(desk.told(begun.id).await, ["PaymentSuccess"]);
}

async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it comes");
}
