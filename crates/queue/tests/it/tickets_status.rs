//! A look at the own place, and leaving it.

use crate::support::{NOON, OTHER, SCHEDULE, Scene, UNKNOWN, person, slow};
use axum::http::Method;
use queue::TicketSettings;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn fifteen_looks_at_once_and_one_back_every_four_seconds_whatever_they_are_answered() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.crowd(1, 1).await;
    for look in 0..15 {
        let path = match look % 3 {
            0 => format!("/queue/status?scheduleId={SCHEDULE}"),
            1 => format!("/queue/status?scheduleId={UNKNOWN}"),
            _ => "/queue/status?scheduleId=7".to_owned(),
        };
        let answer = scene.send(Some(person(2)), Method::GET, &path, None, &[]).await;
        assert_eq!(answer.status, [200, 404, 400][look % 3]);
        assert_eq!(answer.header("ratelimit-policy"), "\"queue-status\";q=15;w=60");
        assert_eq!(answer.header("ratelimit"), format!("\"queue-status\";r={};t={}", 14 - look, (look + 1) * 4));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let refused = scene.status(2, SCHEDULE).await;
    assert_eq!(refused.code(), (429, "RATE_LIMIT_EXCEEDED"));
    assert_eq!((refused.header("retry-after"), refused.header("cache-control")), ("4".into(), "no-store".into()));
    scene.status(1, SCHEDULE).await.expect(200);
    clock.advance(Duration::from_millis(3_999));
    assert_eq!(scene.status(2, SCHEDULE).await.status, 429);
    clock.advance(Duration::from_millis(1));
    scene.status(2, SCHEDULE).await.expect(200);
    assert_eq!(scene.status(2, SCHEDULE).await.status, 429);
}

#[tokio::test]
async fn limits_that_are_off_refuse_nobody() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings { limits_enabled: false, ..slow() }).await;
    scene.crowd(1, 1).await;
    for _ in 0..40 {
        scene.status(2, SCHEDULE).await.expect(200);
    }
}

#[tokio::test]
async fn a_look_needs_a_person_a_schedule_and_a_place() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    let get = async |path: &str| scene.send(Some(person(1)), Method::GET, path, None, &[]).await;
    let path = format!("/queue/status?scheduleId={SCHEDULE}");
    assert_eq!(scene.send(None, Method::GET, &path, None, &[]).await.status, 401);
    assert_eq!(get(&path).await.code(), (404, "NOT_IN_QUEUE"));
    assert_eq!(get("/queue/status").await.code(), (400, "INVALID_INPUT"));
    assert_eq!(get(&format!("{path}&scheduleId={SCHEDULE}")).await.code(), (400, "INVALID_INPUT"));
    assert_eq!(scene.leave(1, SCHEDULE).await.code(), (404, "NOT_IN_QUEUE"));
    assert_eq!(scene.leave(1, "7").await.code(), (400, "INVALID_INPUT"));
    scene.crowd(1, 1).await;
    let upper = SCHEDULE.to_uppercase();
    assert_eq!(scene.status(2, &upper).await.expect(200)["scheduleId"], SCHEDULE);
    assert_eq!(scene.status(3, SCHEDULE).await.code(), (404, "NOT_IN_QUEUE"));
}

#[tokio::test]
async fn leaving_ends_the_place_once() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.crowd(1, 2).await;
    assert_eq!(scene.leave(2, SCHEDULE).await.expect(200), json!({"message": "Removed from queue"}));
    assert_eq!(scene.leave(2, SCHEDULE).await.code(), (404, "NOT_IN_QUEUE"));
    assert_eq!(scene.status(2, SCHEDULE).await.code(), (404, "NOT_IN_QUEUE"));
    assert_eq!(scene.status(3, SCHEDULE).await.expect(200)["rank"], 1);
}

/// Moves the clock on while admissions are tried, as they are all the time.
async fn pass(scene: &Scene, clock: &clock::SetClock, seconds: u64) {
    for _ in 0..seconds.div_ceil(5) {
        clock.advance(Duration::from_secs(5));
        scene.admit(0, SCHEDULE).await;
    }
}

#[tokio::test]
async fn who_comes_back_in_time_has_the_old_place_and_later_a_new_one_at_the_end() {
    let clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings { abandon_after_ms: 20_000, return_ms: 60_000, ..slow() }).await;
    scene.crowd(1, 2).await;
    pass(&scene, &clock, 40).await;
    let back = scene.status(2, SCHEDULE).await.expect(200);
    assert_eq!((&back["ticket"], back.get("returned")), (&json!(2), None));
    pass(&scene, &clock, 90).await;
    // Another keeps the line from being empty.
    scene.enter(9, SCHEDULE).await.expect(200);
    let late = scene.status(2, SCHEDULE).await.expect(200);
    assert_eq!((&late["returned"], late["ticket"].as_u64() > Some(3)), (&json!("LATE"), true), "{late}");
    assert_eq!(scene.status(2, SCHEDULE).await.expect(200).get("returned"), None, "once");
}

#[tokio::test]
async fn who_waits_hears_of_the_end_and_who_has_a_pass_keeps_it() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.world.sell(SCHEDULE, NOON.plus_seconds(-10), NOON.plus_seconds(20));
    scene.crowd(1, 1).await;
    scene.enter(3, OTHER).await.expect(200);
    scene.enter(4, OTHER).await.expect(200);
    clock.advance(Duration::from_millis(19_999));
    assert_eq!(scene.status(2, SCHEDULE).await.expect(200)["status"], "WAITING");
    clock.advance(Duration::from_millis(1));
    assert_eq!(scene.status(2, SCHEDULE).await.code(), (400, "TICKET_SALE_ENDED"));
    assert_eq!(scene.status(1, SCHEDULE).await.expect(200)["status"], "ACTIVE");
    scene.world.cancel(OTHER);
    assert_eq!(scene.status(4, OTHER).await.expect(200)["status"], "WAITING", "kept for half a minute");
    clock.advance(Duration::from_secs(30));
    assert_eq!(scene.status(4, OTHER).await.code(), (409, "EVENT_CANCELLED"));
}

#[tokio::test]
async fn a_deleted_event_is_over_and_a_catalog_that_is_away_ends_nothing() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.crowd(1, 1).await;
    scene.world.is_catalog_away.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(1_200));
    assert_eq!(scene.status(2, SCHEDULE).await.expect(200)["status"], "WAITING");
    scene.world.is_catalog_away.store(false, Ordering::SeqCst);
    scene.world.sales.lock().expect("whole").clear();
    assert_eq!(scene.status(2, SCHEDULE).await.code(), (409, "EVENT_CANCELLED"));
}
