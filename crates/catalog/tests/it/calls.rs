//! Each change leaves its audit entry and the `Idempotency-Key` of its call, in its own transaction.

use crate::support::{NOON, Shop, event, id_of, rows};
use access::Person;
use axum::body::Body;
use axum::http::Request;
use call::{Actor, ActorKind, Call, Keyed};
use catalog::api;
use domain::AccountId;
use domain::account::UserRole;
use ledger::calls::audit::{self, Filter};
use ledger::calls::kept::{self, Found};
use ledger_testkit::Site;
use onsale_http::calls::Identify;
use onsale_http::{Calls, HttpSettings, standard, with_calls};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;
use uuid::Uuid;

fn keyed(key: &str) -> Keyed {
    Keyed::new("default/user/7".into(), key.into(), "0".repeat(64))
}

fn call(key: Option<Keyed>) -> Call {
    let call = Call::new(Actor { kind: ActorKind::User, id: "7".into() }, "trace-1", None);
    key.map_or(call.clone(), |key| call.keyed(key))
}

#[tokio::test]
async fn every_change_is_in_the_audit_log() {
    let _clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    call::within(call(None), async {
        let (venue, hall) = shop.small_place().await;
        shop.put(&format!("/venues/{venue}"), &json!({"name": "New"})).await.expect(200);
        shop.put(&format!("/venues/{venue}/halls/{hall}"), &json!({"name": "New"})).await.expect(200);
        let id = shop.open_event(&(venue.clone(), hall.clone()), json!({})).await;
        shop.patch(&format!("/events/{id}"), &json!({"title": "New"})).await.expect(200);
        shop.post(&format!("/events/{id}/cancel"), &json!({"reason": "rain"})).await.expect(200);
        shop.delete(&format!("/events/{id}")).await.expect(200);
        shop.delete(&format!("/venues/{venue}/halls/{hall}")).await.expect(200);
        shop.delete(&format!("/venues/{venue}")).await.expect(200);
        // A refused change leaves nothing.
        shop.delete(&format!("/venues/{venue}")).await.expect(404);
    })
    .await;
    let (mut entries, _) = audit::list(shop.service.ledger(), &Filter::default(), 0, 100).await.expect("read");
    entries.sort_by_key(|entry| entry.id);
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "venue.create",
            "hall.create",
            "venue.change",
            "hall.change",
            "event.create",
            "event.open",
            "event.change",
            "event.cancel",
            "event.delete",
            "hall.delete",
            "venue.delete",
        ]
    );
    assert!(entries.iter().all(|entry| entry.actor_id == "7" && entry.trace_id == "trace-1"));
    let cancel = &entries[7];
    assert_eq!(
        (&cancel.before, &cancel.after),
        (&Some(json!({"status": "OPEN"})), &Some(json!({"status": "CANCELLED", "reason": "rain"})))
    );
    assert_eq!(entries[1].after.as_ref().expect("a hall")["seats"], 6, "seats are told by their number");
}

#[tokio::test]
async fn a_call_that_comes_again_finds_what_it_has_made() {
    let _clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    let place = shop.small_place().await;
    let body = event(&place.0, &place.1);
    let key = keyed("event");
    let first = call::within(call(Some(key.clone())), async { shop.post("/events", &body).await.expect(201) }).await;
    assert_eq!(kept::find(shop.service.ledger(), &key).await, Ok(Found::Done), "the key stands with the effect");
    // The process ended before the answer was kept: the layer runs the call again, as one that is done.
    let mut again = keyed("event");
    again.is_done = true;
    let second = call::within(call(Some(again)), async { shop.post("/events", &body).await.expect(201) }).await;
    assert_eq!(first, second);
    // Another run of the same call at the same time changes nothing, and the layer looks again.
    let third = call::within(call(Some(keyed("event"))), async { shop.post("/events", &body).await }).await;
    assert_ne!(third.status, 201, "{:?}", third.body);
    assert_eq!(shop.raw().await.numbers("SELECT count(*) FROM events").await, [1]);
    assert_eq!(shop.raw().await.numbers("SELECT count(*) FROM seats").await, [6]);
}

/// A large hall is made with a key as it is without one.
#[tokio::test]
async fn a_hall_of_six_thousand_single_seats_is_made_once_with_a_key() {
    let _clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    let padded = json!({"name": "Arena", "address": "a", "city": "Seoul", "more": "x".repeat(200_000)});
    let venue = id_of(&shop.post("/venues", &padded).await.expect(201));
    let seat = |number| json!({"row": format!("R{}", number / 50), "number": number % 50 + 1, "grade": "VIP"});
    let seats: Vec<Value> = (0..6_000).map(seat).collect();
    let body = json!({"name": "Main", "capacity": 6_000, "seatTemplate": {"seats": seats}}).to_string();
    assert!(body.len() > 200 * 1_024, "{}", body.len());
    let nobody: Identify = Arc::new(|_, _| Box::pin(async { None }));
    let calls = Calls::new(nobody, Arc::new(shop.service.ledger().clone()), Duration::from_secs(30));
    let routes = standard(with_calls(api::routes(shop.service.clone()), calls), HttpSettings::default());
    let send = async || {
        let request = Request::post(format!("/venues/{venue}/halls")).header("host", "localhost");
        let request = request.header("content-type", "application/json").header("idempotency-key", "hall");
        let mut request = request.body(Body::from(body.clone())).expect("a request");
        Person { id: AccountId(Uuid::from_u128(7)), role: UserRole::Admin }.enter(request.extensions_mut());
        let response = routes.clone().oneshot(request).await.expect("answered");
        (response.status().as_u16(), response.headers().contains_key("idempotency-replayed"))
    };
    assert_eq!(send().await, (201, false));
    assert_eq!(send().await, (201, true));
}

#[tokio::test]
async fn a_key_that_has_run_out_makes_something_new() {
    let clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    let place = shop.small_place().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let body = event(&place.0, &place.1);
        let made = call::within(call(Some(keyed("event"))), async { shop.post("/events", &body).await.expect(201) });
        ids.push(id_of(&made.await));
        clock.advance(Duration::from_secs(25 * 3_600));
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(shop.raw().await.numbers("SELECT count(*) FROM events").await, [2]);
}

#[tokio::test]
async fn every_kind_of_change_is_answered_again_and_not_made_again() {
    let _clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    let (venue, hall) = shop.small_place().await;
    let id = shop.prepared_event(&(venue.clone(), hall.clone()), json!({})).await;
    let template = rows(&["A"], 1, json!({"A": "B"}));
    let new_hall = json!({"name": "Second", "capacity": 1, "seatTemplate": template});
    let new_venue = json!({"name": "V", "address": "a", "city": "c"});
    for (name, method, path, body) in [
        ("venue", "POST", "/venues".to_owned(), new_venue),
        ("hall", "POST", format!("/venues/{venue}/halls"), new_hall),
        ("put", "PUT", format!("/venues/{venue}"), json!({"name": "N"})),
        ("put hall", "PUT", format!("/venues/{venue}/halls/{hall}"), json!({"name": "N"})),
        ("patch", "PATCH", format!("/events/{id}"), json!({"title": "N"})),
        ("open", "POST", format!("/events/{id}/open"), json!({})),
        ("cancel", "POST", format!("/events/{id}/cancel"), json!({})),
        ("delete", "DELETE", format!("/events/{id}"), json!({})),
        ("delete hall", "DELETE", format!("/venues/{venue}/halls/{hall}"), json!({})),
    ] {
        let send = async |keyed: Keyed| {
            let method = method.parse().expect("a method");
            call::within(call(Some(keyed)), shop.send(crate::support::Who::Admin, method, &path, Some(&body))).await
        };
        let first = send(keyed(name)).await;
        assert!([200, 201].contains(&first.status), "{name}: {}", first.body);
        assert_eq!(kept::find(shop.service.ledger(), &keyed(name)).await, Ok(Found::Done), "{name}");
        let mut again = keyed(name);
        again.is_done = true;
        let second = send(again).await;
        assert_eq!((first.status, &first.body), (second.status, &second.body), "{name}");
        if first.status == 201 {
            assert_eq!(first.header("location"), second.header("location"));
            assert!(first.header("location").ends_with(&id_of(&first.body)));
        }
    }
    assert_eq!(shop.raw().await.numbers("SELECT count(*) FROM audit_log").await, [9]);
}
