//! Operators before anybody has come, and the routes of lines before sites beside a schedule's.

use crate::support::{NOON, OTHER, SCHEDULE, Scene, UNKNOWN, line, person, slow};
use axum::http::Method;
use queue::TicketSettings;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

async fn rule(scene: &Scene, id: &str) -> Option<domain::line::LineRule> {
    scene.engines.lines.rule(&line(id)).await.expect("answered")
}

#[tokio::test]
async fn an_operator_sets_rate_and_pause_before_anybody_has_come() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings::default()).await;
    let rate = json!({"ratePerSecond": 7});
    let put = async |id: &str| {
        scene.operate(Method::PUT, &format!("/queue/admin/{id}/rate"), Some(rate.clone())).await.status
    };
    assert_eq!(put(&SCHEDULE.to_uppercase()).await, 204);
    assert_eq!(rule(&scene, SCHEDULE).await.map(|rule| rule.rate_per_second), Some(7));
    assert_eq!((put(UNKNOWN).await, rule(&scene, UNKNOWN).await), (404, None));
    assert_eq!(scene.operate(Method::POST, &format!("/queue/admin/{OTHER}/pause"), None).await.status, 204);
    scene.enter(1, OTHER).await.expect(200);
    assert_eq!(scene.status(1, OTHER).await.expect(200)["status"], "WAITING", "nobody is admitted");
    assert_eq!(scene.operate(Method::POST, &format!("/queue/admin/{OTHER}/resume"), None).await.status, 204);
    assert_eq!(scene.admit(5, OTHER).await, 1);
    let stranger = scene.send(Some(person(1)), Method::POST, &format!("/queue/admin/{UNKNOWN}/pause"), None, &[]).await;
    assert_eq!(stranger.status, 403);
}

#[tokio::test]
async fn statistics_name_a_schedules_line_by_its_id() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.crowd(1, 3).await;
    let stats = scene.operate(Method::GET, "/queue/admin/stats", None).await.expect(200);
    let row = &stats["scheduleStats"][0];
    assert_eq!(
        (&row["scheduleId"], &row["waitingCount"], &row["activeCount"], &row["admittedCount"], &row["tps"]),
        (&json!(SCHEDULE), &json!(3), &json!(1), &json!(1), &json!(1.0))
    );
    assert_eq!(
        (&stats["totalWaiting"], &row["paused"], &row["measuredPerSecond"]),
        (&json!(3), &json!(false), &json!(0.0))
    );
}

#[tokio::test]
async fn everybody_may_follow_a_schedules_line_and_no_visitor_of_a_site_enters_it() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    let get = async |path: String| scene.send(None, Method::GET, &path, None, &[]).await;
    assert_eq!(get(format!("/queue/serving/{SCHEDULE}")).await.expect(200)["last"], 0, "nobody has come");
    scene.crowd(1, 2).await;
    // The document is a second old at most.
    let begun = Instant::now();
    while get(format!("/queue/serving/{SCHEDULE}")).await.expect(200)["last"] != 3 {
        assert!(begun.elapsed() < PATIENCE, "the document is not made anew");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for name in [SCHEDULE.to_owned(), SCHEDULE.to_uppercase(), format!("queue:{SCHEDULE}")] {
        let serving = get(format!("/queue/serving/{name}")).await;
        assert_eq!(serving.header("cache-control"), "public, max-age=1");
        let serving = serving.expect(200);
        let told = (&serving["line"], &serving["state"], &serving["serving"], &serving["waiting"]);
        let line = Value::String(format!("queue:{SCHEDULE}"));
        assert_eq!(told, (&line, &json!("OPEN"), &json!(1), &json!(2)));
        assert_eq!(serving["opensAt"], "2026-12-01T11:00:00");
    }
    for path in [
        format!("/wait/{SCHEDULE}"),
        format!("/queue/place/{SCHEDULE}"),
        format!("/queue/check?line={SCHEDULE}"),
        format!("/queue/check/{SCHEDULE}/seats"),
    ] {
        assert_eq!(get(path.clone()).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn only_rate_capacity_and_challenge_of_a_schedules_line_are_an_operators() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings::default()).await;
    let path = format!("/queue/admin/lines/{SCHEDULE}");
    let patch = async |body: Value| scene.operate(Method::PATCH, &path, Some(body)).await;
    assert_eq!(patch(json!({"capacity": 5})).await.expect(200)["capacity"], 5);
    for other in [json!({"closesAt": null}), json!({"maxInside": 5}), json!({"switch": "off"})] {
        assert_eq!(patch(other.clone()).await.code(), (400, "INVALID_INPUT"), "{other}");
    }
    assert_eq!(scene.operate(Method::DELETE, &path, None).await.code(), (400, "INVALID_INPUT"));
    let made = scene.operate(Method::POST, "/queue/admin/lines", Some(json!({"name": OTHER}))).await;
    assert_eq!(made.code(), (400, "INVALID_INPUT"), "no line before a site is named so");
}
