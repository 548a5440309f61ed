//! Entering a schedule's line: what is refused in which order, the place, and the way straight through.

use crate::support::{NOON, OTHER, SCHEDULE, Scene, UNKNOWN, person, slow};
use axum::http::Method;
use domain::Timestamp;
use queue::TicketSettings;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn a_stranger_and_a_malformed_body_are_refused_first() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    let body = || Some(json!({"scheduleId": SCHEDULE}));
    assert_eq!(scene.send(None, Method::POST, "/queue/enter", body(), &[]).await.code(), (401, "UNAUTHORIZED"));
    for bad in [
        json!({}),
        json!([]),
        json!({"scheduleId": null}),
        json!({"scheduleId": ""}),
        json!({"scheduleId": 7}),
        json!({"scheduleId": "7"}),
        json!({"scheduleId": SCHEDULE.replace('-', "")}),
    ] {
        let answer = scene.send(Some(person(1)), Method::POST, "/queue/enter", Some(bad.clone()), &[]).await;
        assert_eq!(answer.code(), (400, "INVALID_INPUT"), "{bad}");
    }
    assert_eq!(scene.send(Some(person(1)), Method::POST, "/queue/enter", None, &[]).await.status, 415);
    // Fields that are not known are passed over, however long: the body is read to the field that is wrong.
    let padded = json!({"more": "x".repeat(200_000), "scheduleId": "7"});
    let answer = scene.send(Some(person(1)), Method::POST, "/queue/enter", Some(padded), &[]).await;
    assert_eq!(answer.code(), (400, "INVALID_INPUT"));
    assert_eq!(scene.world.catalog_calls.load(Ordering::SeqCst), 0, "nobody is asked for nonsense");
    let upper = scene.enter(1, &SCHEDULE.to_uppercase()).await;
    assert_eq!(upper.header("cache-control"), "no-store");
    assert_eq!(upper.expect(200)["scheduleId"], SCHEDULE);
}

#[tokio::test]
async fn a_sale_begins_and_ends_to_the_millisecond_and_a_cancellation_is_told_first() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    assert_eq!(scene.enter(1, UNKNOWN).await.code(), (404, "NOT_FOUND"));
    let second = |ms: i64| Timestamp(NOON.millis() + ms);
    scene.world.sell(SCHEDULE, second(250), second(10_000));
    assert_eq!(scene.enter(1, SCHEDULE).await.code(), (400, "TICKET_SALE_NOT_STARTED"));
    clock.advance(Duration::from_millis(249));
    assert_eq!(scene.enter(1, SCHEDULE).await.code(), (400, "TICKET_SALE_NOT_STARTED"));
    assert_eq!(scene.claim(1).await, None, "a refused person has no claim");
    clock.advance(Duration::from_millis(1));
    scene.enter(1, SCHEDULE).await.expect(200);
    clock.advance(Duration::from_millis(9_749));
    scene.enter(2, SCHEDULE).await.expect(200);
    clock.advance(Duration::from_millis(1));
    assert_eq!(scene.enter(3, SCHEDULE).await.code(), (400, "TICKET_SALE_ENDED"));
    assert_eq!(
        scene.world.catalog_calls.load(Ordering::SeqCst),
        2,
        "asked once; its times are held against the own clock"
    );
    scene.world.cancel(SCHEDULE);
    clock.advance(Duration::from_secs(30));
    assert_eq!(scene.enter(3, SCHEDULE).await.code(), (409, "EVENT_CANCELLED"));
}

#[tokio::test]
async fn the_catalogs_answer_is_kept_half_a_minute_and_longer_while_it_is_away() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    let calls = || scene.world.catalog_calls.load(Ordering::SeqCst);
    let crowd = (1..=100).map(|number| scene.enter(number, SCHEDULE));
    assert!(futures::future::join_all(crowd).await.iter().all(|answer| answer.status == 200));
    assert_eq!(calls(), 1, "one asks for all");
    clock.advance(Duration::from_millis(29_999));
    scene.enter(200, SCHEDULE).await.expect(200);
    assert_eq!(calls(), 1);
    clock.advance(Duration::from_millis(1));
    scene.enter(201, SCHEDULE).await.expect(200);
    assert_eq!(calls(), 2);
    scene.world.is_catalog_away.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(60));
    scene.enter(202, SCHEDULE).await.expect(200);
    assert_eq!(scene.enter(203, OTHER).await.code(), (503, "SERVICE_UNAVAILABLE"), "never heard of");
    clock.advance(Duration::from_secs(600));
    assert_eq!(scene.enter(204, SCHEDULE).await.code(), (503, "SERVICE_UNAVAILABLE"), "away for too long");
    scene.world.is_catalog_away.store(false, Ordering::SeqCst);
    scene.enter(204, SCHEDULE).await.expect(200);
}

#[tokio::test]
async fn another_process_need_not_ask_the_catalog_again() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.enter(1, SCHEDULE).await.expect(200);
    let other = Scene::over(slow(), scene.engines.clone(), scene.world.clone());
    other.enter(2, SCHEDULE).await.expect(200);
    assert_eq!(scene.world.catalog_calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn where_nobody_waits_the_pass_is_made_in_the_same_call() {
    let clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings::default()).await;
    let entered = scene.enter(1, SCHEDULE).await.expect(200);
    assert_eq!(
        entered,
        json!({"status": "WAITING", "scheduleId": SCHEDULE, "rank": 1, "estimatedWaitTime": 0, "token": null,
            "ticket": 1, "behind": 0, "outlook": null})
    );
    let status = scene.status(1, SCHEDULE).await;
    let pass = status.header("x-queue-token");
    let status = status.expect(200);
    let token = status["token"].as_str().expect("a token");
    assert!(token.starts_with("qr_") && token.len() == 39 && token == token.to_lowercase() && pass == token, "{token}");
    assert_eq!(
        status,
        json!({"status": "ACTIVE", "scheduleId": SCHEDULE, "rank": 0, "estimatedWaitTime": 0, "token": token,
            "ticket": 1, "outlook": null, "expiresAt": "2026-12-01T12:10:00", "expiresInMs": 600_000})
    );
    assert_eq!(scene.enter(1, SCHEDULE).await.code(), (409, "ALREADY_APPROVED"));
    clock.advance(Duration::from_millis(599_999));
    assert_eq!(scene.status(1, SCHEDULE).await.expect(200)["expiresInMs"], 1);
    clock.advance(Duration::from_millis(1));
    assert_eq!(scene.status(1, SCHEDULE).await.code(), (404, "NOT_IN_QUEUE"), "a pass is never renewed");
    assert_eq!(scene.enter(1, SCHEDULE).await.expect(200)["ticket"], 2);
}

#[tokio::test]
async fn people_go_straight_through_at_the_rate_and_then_wait_in_order() {
    let clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings { rate_per_second: 2, ..TicketSettings::default() }).await;
    let mut ranks: Vec<(Value, Value)> = Vec::new();
    for number in 1..=5 {
        let place = scene.enter(number, SCHEDULE).await.expect(200);
        ranks.push((place["rank"].clone(), place["ticket"].clone()));
    }
    assert_eq!(ranks, [(1, 1), (1, 2), (1, 3), (2, 4), (3, 5)].map(|(rank, ticket)| (json!(rank), json!(ticket))));
    let again = scene.enter(4, SCHEDULE).await.expect(200);
    assert_eq!((again["rank"].clone(), again["ticket"].clone()), (json!(2), json!(4)), "the same place");
    let third = scene.status(5, SCHEDULE).await.expect(200);
    assert_eq!((&third["rank"], &third["estimatedWaitTime"], &third["token"]), (&json!(3), &json!(2), &Value::Null));
    clock.advance(Duration::from_secs(1));
    assert_eq!(scene.admit(10, SCHEDULE).await, 2);
    assert_eq!(scene.status(5, SCHEDULE).await.expect(200)["rank"], 1);
    assert_eq!(scene.status(3, SCHEDULE).await.expect(200)["status"], "ACTIVE");
}

#[tokio::test]
async fn a_full_line_gives_no_place_and_keeps_no_claim() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings { capacity: 2, ..slow() }).await;
    scene.crowd(1, 2).await;
    let full = scene.enter(4, SCHEDULE).await;
    assert_eq!(full.code(), (503, "QUEUE_FULL"));
    assert!(!full.header("retry-after").is_empty());
    assert_eq!(scene.claim(4).await, None);
    scene.enter(4, OTHER).await.expect(200);
    scene.enter(3, SCHEDULE).await.expect(200);
    scene.leave(3, SCHEDULE).await.expect(200);
    scene.enter(5, SCHEDULE).await.expect(200);
}
