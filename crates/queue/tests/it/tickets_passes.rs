//! Passes as the role that gives seats away sees them.

use crate::support::{NOON, OTHER, SCHEDULE, Scene, UNKNOWN, person, slow};
use axum::http::Method;
use queue::TicketSettings;
use serde_json::{Value, json};
use std::time::Duration;

async fn token_of(scene: &Scene, number: u128) -> String {
    scene.enter(number, SCHEDULE).await.expect(200);
    scene.status(number, SCHEDULE).await.expect(200)["token"].as_str().expect("a token").to_owned()
}

async fn copy(scene: &Scene, token: &str) -> Option<Value> {
    let value =
        scene.engines.keys.get(&[format!("queue:token:{token}")], clock::now()).await.expect("answered").remove(0);
    value.map(|value| serde_json::from_slice(&value).expect("JSON"))
}

#[tokio::test]
async fn a_stranger_hears_nothing_of_passes_and_lines() {
    let scene = Scene::open(slow()).await;
    for (method, path) in [(Method::POST, "/internal/queue/passes/check"), (Method::GET, "/internal/queue/lines/7")] {
        let answer = scene.send(Some(person(1)), method, path, None, &[]).await;
        assert_eq!(answer.code(), (401, "INTERNAL_API_UNAUTHORIZED"), "{path}");
    }
}

#[tokio::test]
async fn a_pass_is_good_for_its_holder_its_schedule_and_its_life() {
    let clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings::default()).await;
    let token = token_of(&scene, 1).await;
    let wanted = json!({"userId": person(1).id, "scheduleId": SCHEDULE, "ticket": 1,
        "issuedAt": "2026-12-01T12:00:00.000", "expiresAt": "2026-12-01T12:10:00.000"});
    assert_eq!(copy(&scene, &token).await, Some(wanted.clone()));
    assert_eq!(scene.check_pass(&token, 1, SCHEDULE).await.expect(200), wanted);
    assert_eq!(scene.check_pass(&token, 2, SCHEDULE).await.status, 404, "another's");
    assert_eq!(scene.check_pass(&token, 1, OTHER).await.status, 404, "for another schedule");
    for forged in [
        "",
        "qr_",
        "x",
        "qr_00000000-0000-4000-8000-000000000000",
        &token.to_uppercase(),
        &token[3..],
        &format!("{token} "),
    ] {
        assert_eq!(scene.check_pass(forged, 1, SCHEDULE).await.status, 404, "{forged}");
    }
    clock.advance(Duration::from_millis(599_999));
    scene.check_pass(&token, 1, SCHEDULE).await.expect(200);
    clock.advance(Duration::from_millis(1));
    assert_eq!(scene.check_pass(&token, 1, SCHEDULE).await.status, 404);
    assert_eq!(copy(&scene, &token).await, None);
}

#[tokio::test]
async fn a_copy_that_was_lost_is_made_again_from_the_line() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings::default()).await;
    let token = token_of(&scene, 1).await;
    let before = copy(&scene, &token).await.expect("kept");
    scene.engines.keys.remove(&[format!("queue:token:{token}")]).await.expect("lost");
    assert_eq!(scene.check_pass(&token, 2, SCHEDULE).await.status, 404);
    assert_eq!(scene.check_pass(&token, 1, SCHEDULE).await.expect(200), before);
    assert_eq!(copy(&scene, &token).await, Some(before));
}

#[tokio::test]
async fn who_leaves_has_no_pass_any_more() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(TicketSettings::default()).await;
    let token = token_of(&scene, 1).await;
    scene.leave(1, SCHEDULE).await.expect(200);
    assert_eq!(copy(&scene, &token).await, None);
    assert_eq!(scene.check_pass(&token, 1, SCHEDULE).await.status, 404);
    let next = token_of(&scene, 1).await;
    assert_ne!(next, token);
    assert_eq!(scene.check_pass(&token, 1, SCHEDULE).await.status, 404, "the old one stays none");
}

#[tokio::test]
async fn a_line_says_how_far_it_is_and_how_many_wait() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    let figures = async |id: &str| scene.internal(Method::GET, &format!("/internal/queue/lines/{id}"), None).await;
    assert_eq!(figures(UNKNOWN).await.expect(200), json!({"highestAdmitted": 0, "waiting": 0}));
    assert_eq!(figures("7").await.status, 404);
    scene.crowd(1, 4).await;
    assert_eq!(figures(SCHEDULE).await.expect(200), json!({"highestAdmitted": 1, "waiting": 4}));
    clock.advance(Duration::from_secs(1));
    scene.admit(5, SCHEDULE).await;
    scene.leave(3, SCHEDULE).await.expect(200);
    assert_eq!(figures(&SCHEDULE.to_uppercase()).await.expect(200), json!({"highestAdmitted": 2, "waiting": 2}));
}
