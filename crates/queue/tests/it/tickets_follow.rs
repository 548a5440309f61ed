//! Lines in step with what is behind them: sale, stock, brake, and their end.

use crate::support::{NOON, OTHER, SCHEDULE, Scene, line, slow};
use axum::http::Method;
use domain::Timestamp;
use domain::line::{LineRule, Sale};
use queue::TicketSettings;
use queue::tickets::Following;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

async fn rule(scene: &Scene, id: &str) -> LineRule {
    scene.engines.lines.rule(&line(id)).await.expect("answered").expect("is there")
}

async fn follow(scene: &Scene, following: &mut Following, rounds: usize) {
    for _ in 0..rounds {
        scene.tickets.follow(following).await.expect("followed");
    }
}

fn fast(inside_per_free_seat: u32) -> TicketSettings {
    TicketSettings { rate_per_second: 100, inside_per_free_seat, ..TicketSettings::default() }
}

/// A line in which so many wait: it was paused while they came.
async fn gathered(settings: TicketSettings, waiting: u128) -> Scene {
    let scene = Scene::open(settings).await;
    scene.operate(Method::POST, &format!("/queue/admin/{SCHEDULE}/pause"), None).await;
    for number in 1..=waiting {
        scene.enter(number, SCHEDULE).await.expect(200);
    }
    scene.operate(Method::POST, &format!("/queue/admin/{SCHEDULE}/resume"), None).await;
    scene
}

#[tokio::test]
async fn people_hear_their_chances_by_the_stock_and_nothing_while_it_is_unknown() {
    let clock = clock::set(NOON);
    let scene = gathered(slow(), 4).await;
    assert_eq!(scene.status(1, SCHEDULE).await.expect(200)["outlook"], Value::Null);
    let mut told = Vec::new();
    for (free, holders) in [(8, 0), (7, 0), (2, 0), (1, 0), (0, 0)] {
        scene.world.stock(free, holders);
        clock.advance(Duration::from_secs(11));
        told.push(scene.status(4, SCHEDULE).await.expect(200)["outlook"].clone());
    }
    assert_eq!(told, ["GOOD", "UNCERTAIN", "UNCERTAIN", "POOR", "NONE"]);
    scene.enter(9, SCHEDULE).await.expect(200);
}

#[tokio::test]
async fn nobody_is_admitted_while_more_look_for_seats_than_the_setting_allows() {
    let clock = clock::set(NOON);
    let scene = gathered(fast(2), 50).await;
    let mut following = Following::default();
    scene.world.stock(3, 0);
    follow(&scene, &mut following, 1).await;
    assert_eq!(scene.admit(50, SCHEDULE).await, 7, "admitted until more than twice three look");
    clock.advance(Duration::from_secs(1));
    follow(&scene, &mut following, 1).await;
    assert_eq!(scene.admit(50, SCHEDULE).await, 0);
    // Two of them hold a seat each: five look for the last one.
    scene.world.stock(1, 2);
    clock.advance(Duration::from_secs(1));
    follow(&scene, &mut following, 1).await;
    assert_eq!(scene.admit(50, SCHEDULE).await, 0);
    // Seats come back.
    scene.world.stock(4, 2);
    clock.advance(Duration::from_secs(1));
    follow(&scene, &mut following, 1).await;
    assert_eq!(scene.admit(50, SCHEDULE).await, 4, "the next round sees them");
    assert_eq!(rule(&scene, SCHEDULE).await.rate_per_second, 100, "the rate as set stays");
}

#[tokio::test]
async fn with_the_setting_off_the_rate_is_exact_whatever_is_left() {
    let _clock = clock::set(NOON);
    let scene = gathered(fast(0), 50).await;
    scene.world.stock(0, 0);
    follow(&scene, &mut Following::default(), 1).await;
    assert_eq!(rule(&scene, SCHEDULE).await.inside_max, 0);
    assert_eq!(scene.admit(50, SCHEDULE).await, 50);
}

#[tokio::test]
async fn all_sold_is_told_and_ends_nothing() {
    let clock = clock::set(NOON);
    let scene = gathered(slow(), 3).await;
    let mut following = Following::default();
    let stock = |left: u64| {
        let stock = json!({"free": 0, "holders": 0, "left": left});
        scene.world.stock.lock().expect("whole").insert(SCHEDULE.into(), stock);
    };
    stock(0);
    follow(&scene, &mut following, 1).await;
    assert_eq!(rule(&scene, SCHEDULE).await.sale, Sale::SoldOut);
    scene.enter(9, SCHEDULE).await.expect(200);
    stock(1);
    clock.advance(Duration::from_secs(1));
    follow(&scene, &mut following, 1).await;
    assert_eq!(rule(&scene, SCHEDULE).await.sale, Sale::Active, "in payment: it may come back");
}

#[tokio::test]
async fn admission_slows_while_reservation_gives_no_answer_and_recovers_in_steps() {
    let clock = clock::set(NOON);
    let scene = gathered(fast(0), 500).await;
    scene.world.stock(1_000, 0);
    let mut following = Following::default();
    let mut admitted = Vec::new();
    let mut round = async |is_away: bool| {
        scene.world.is_reservation_away.store(is_away, Ordering::SeqCst);
        clock.advance(Duration::from_secs(1));
        follow(&scene, &mut following, 1).await;
        admitted.push(scene.admit(1_000, SCHEDULE).await);
    };
    round(false).await;
    for _ in 0..7 {
        round(true).await;
    }
    for _ in 0..11 {
        round(false).await;
    }
    assert_eq!(admitted[..8], [100, 100, 50, 25, 13, 7, 0, 0], "halved each second but the first, then stands");
    assert_eq!(admitted[8..11], [10, 20, 30]);
    assert!(admitted[8..].is_sorted() || admitted.iter().sum::<usize>() == 500, "{admitted:?}");
    assert_eq!(rule(&scene, SCHEDULE).await.inside_max, 0, "the brake is off again");
}

#[tokio::test]
async fn a_sale_that_is_over_admits_nobody_and_what_operators_set_stays() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.world.sell(SCHEDULE, NOON.plus_seconds(-10), NOON.plus_seconds(60));
    let words = json!({"notice": {"ko": "잠시만요"}});
    scene.crowd(1, 3).await;
    scene.operate(Method::PUT, &format!("/queue/admin/{SCHEDULE}/notice"), Some(words)).await;
    scene.operate(Method::PUT, &format!("/queue/admin/{SCHEDULE}/rate"), Some(json!({"ratePerSecond": 50}))).await;
    let mut following = Following::default();
    follow(&scene, &mut following, 1).await;
    let before = rule(&scene, SCHEDULE).await;
    assert_eq!((before.rate_per_second, before.closed, before.sale), (50, false, Sale::Active));
    clock.advance(Duration::from_secs(60));
    follow(&scene, &mut following, 1).await;
    assert_eq!(scene.admit(10, SCHEDULE).await, 0);
    let after = rule(&scene, SCHEDULE).await;
    assert_eq!((after.rate_per_second, after.closed, after.sale), (50, true, Sale::Closed));
    assert!(after.terms.notice.is_some());
    let serving =
        scene.send(None, Method::GET, &format!("/queue/serving/queue:{SCHEDULE}"), None, &[]).await.expect(200);
    assert_eq!((&serving["state"], &serving["opensAt"]), (&json!("ENDED"), &Value::Null));
    // An operator still changes it.
    let rate =
        scene.operate(Method::PUT, &format!("/queue/admin/{SCHEDULE}/rate"), Some(json!({"ratePerSecond": 1}))).await;
    assert_eq!(rate.status, 204);
}

#[tokio::test]
async fn a_line_ends_a_day_after_its_schedule_and_its_passes_live_on() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.crowd(1, 1).await;
    scene.enter(5, OTHER).await.expect(200);
    let token = scene.status(1, SCHEDULE).await.expect(200)["token"].as_str().expect("a token").to_owned();
    scene.world.ended.lock().expect("whole").push(SCHEDULE.to_owned());
    let mut following = Following::default();
    follow(&scene, &mut following, 1).await;
    let lines = scene.engines.lines.lines().await.expect("listed");
    assert_eq!(lines, [line(OTHER)]);
    assert_eq!(scene.status(2, SCHEDULE).await.code(), (404, "NOT_IN_QUEUE"));
    scene.engines.keys.remove(&[format!("queue:token:{token}")]).await.expect("lost");
    scene.check_pass(&token, 1, SCHEDULE).await.expect(200);
    // What the catalog does not know any more ends, too, but not at once: it may have been put back.
    scene.world.sales.lock().expect("whole").clear();
    clock.advance(Duration::from_secs(3_600));
    follow(&scene, &mut following, 60).await;
    assert_eq!(scene.engines.lines.lines().await.expect("listed"), [line(OTHER)]);
    clock.advance(Duration::from_secs(24 * 3_600));
    follow(&scene, &mut following, 60).await;
    assert_eq!(scene.engines.lines.lines().await.expect("listed"), []);
}

#[tokio::test]
async fn one_process_follows_and_a_line_that_was_lost_is_made_again_by_whoever_comes() {
    let clock = clock::set(NOON);
    let scene = gathered(fast(2), 5).await;
    scene.world.stock(0, 0);
    let other = Scene::over(fast(2), scene.engines.clone(), scene.world.clone());
    follow(&scene, &mut Following::default(), 1).await;
    assert_eq!(rule(&scene, SCHEDULE).await.inside_max, 1);
    scene.world.stock(10, 0);
    clock.advance(Duration::from_secs(1));
    follow(&other, &mut Following::default(), 1).await;
    assert_eq!(rule(&scene, SCHEDULE).await.inside_max, 1, "the other has the lease");
    scene.engines.lines.end_line(&line(SCHEDULE), hot::line::Clock::Engine).await.expect("ended");
    let begun = std::time::Instant::now();
    while scene.enter(7, SCHEDULE).await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the line does not come back");
    }
    assert_eq!(rule(&scene, SCHEDULE).await.opens_at, Some(Timestamp(NOON.millis() - 3_600_000)));
}
