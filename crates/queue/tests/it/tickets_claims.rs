//! One line at a time (QUEUE-011).

use crate::support::{Engines, NOON, OTHER, SCHEDULE, Scene, person, slow};
use async_trait::async_trait;
use domain::Timestamp;
use domain::line::LineStatus;
use hot::{HotError, KeyPort};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Values of which another call moves person 1's claim to [`OTHER`], behind a read and before a removal.
struct Crossed {
    keys: Arc<dyn KeyPort>,
    is_crossed: AtomicBool,
}

impl Crossed {
    async fn cross(&self) {
        if self.is_crossed.load(Ordering::SeqCst) {
            let moved = vec![(format!("queue:active:{}", person(1).id), OTHER.as_bytes().to_vec())];
            self.keys.put(moved, 600_000, clock::now()).await.expect("moved");
        }
    }
}

#[async_trait]
impl KeyPort for Crossed {
    async fn put(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<(), HotError> {
        self.keys.put(entries, ttl_ms, now).await
    }

    async fn claim(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<Vec<bool>, HotError> {
        self.keys.claim(entries, ttl_ms, now).await
    }

    async fn get(&self, names: &[String], now: Timestamp) -> Result<Vec<Option<Vec<u8>>>, HotError> {
        let found = self.keys.get(names, now).await;
        self.cross().await;
        found
    }

    async fn remove(&self, names: &[String]) -> Result<(), HotError> {
        self.keys.remove(names).await
    }

    async fn remove_if(&self, name: &str, value: &[u8], now: Timestamp) -> Result<bool, HotError> {
        self.cross().await;
        self.keys.remove_if(name, value, now).await
    }
}

async fn waits(scene: &Scene, number: u128, schedule: &str) -> bool {
    matches!(scene.place(number, schedule).await, LineStatus::Waiting { .. })
}

/// Two lines in which people wait: the person 1 000 of each is inside.
async fn busy() -> Scene {
    let scene = Scene::open(slow()).await;
    for (number, schedule) in [(1_000, SCHEDULE), (2_000, OTHER)] {
        scene.enter(number, schedule).await.expect(200);
        scene.enter(number + 1, schedule).await.expect(200);
    }
    scene
}

#[tokio::test]
async fn who_waits_in_one_line_enters_no_other_until_leaving_it() {
    let _clock = clock::set(NOON);
    let scene = busy().await;
    scene.enter(1, SCHEDULE).await.expect(200);
    assert_eq!(scene.claim(1).await.as_deref(), Some(SCHEDULE));
    let refused = scene.enter(1, OTHER).await;
    assert_eq!(refused.code(), (409, "ALREADY_IN_QUEUE"));
    assert_eq!(refused.body["scheduleId"], SCHEDULE, "a page leads there");
    assert!(!waits(&scene, 1, OTHER).await);
    scene.leave(1, SCHEDULE).await.expect(200);
    assert_eq!(scene.claim(1).await, None);
    scene.enter(1, OTHER).await.expect(200);
    let refused = scene.enter(1, SCHEDULE).await;
    assert_eq!((refused.code(), &refused.body["scheduleId"]), ((409, "ALREADY_IN_QUEUE"), &OTHER.into()));
}

/// Kind: whoever left a line and entered another in the same moment lost the claim of the other one.
#[tokio::test]
async fn leaving_a_line_gives_no_other_lines_claim_back() {
    let _clock = clock::set(NOON);
    let scene = busy().await;
    scene.enter(1, SCHEDULE).await.expect(200);
    let keys = Arc::new(Crossed { keys: scene.engines.keys.clone(), is_crossed: AtomicBool::new(false) });
    let crossed = Scene::over(slow(), Engines { keys: keys.clone(), ..scene.engines.clone() }, scene.world.clone());
    keys.is_crossed.store(true, Ordering::SeqCst);
    crossed.leave(1, SCHEDULE).await.expect(200);
    keys.is_crossed.store(false, Ordering::SeqCst);
    assert_eq!(crossed.claim(1).await.as_deref(), Some(OTHER));
}

#[tokio::test]
async fn who_was_admitted_waits_in_no_line() {
    let clock = clock::set(NOON);
    let scene = busy().await;
    scene.enter(1, SCHEDULE).await.expect(200);
    clock.advance(Duration::from_secs(1));
    scene.admit(1, SCHEDULE).await;
    clock.advance(Duration::from_secs(1));
    scene.admit(1, SCHEDULE).await;
    // The claim is still there: nobody has looked since.
    assert_eq!(scene.claim(1).await.as_deref(), Some(SCHEDULE));
    scene.enter(1, OTHER).await.expect(200);
    assert_eq!(scene.claim(1).await.as_deref(), Some(OTHER));
    assert_eq!(scene.enter(1, SCHEDULE).await.code(), (409, "ALREADY_APPROVED"), "before ALREADY_IN_QUEUE");
    assert_eq!(scene.status(1, SCHEDULE).await.expect(200)["status"], "ACTIVE");
    assert!(waits(&scene, 1, OTHER).await);
}

#[tokio::test]
async fn a_claim_without_a_place_is_void() {
    let _clock = clock::set(NOON);
    let scene = busy().await;
    for lost in [OTHER, "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a99"] {
        let entry = vec![(format!("queue:active:{}", person(1).id), lost.as_bytes().to_vec())];
        scene.engines.keys.put(entry, 600_000, clock::now()).await.expect("kept");
        scene.enter(1, SCHEDULE).await.expect(200);
        assert_eq!(scene.claim(1).await.as_deref(), Some(SCHEDULE));
        scene.leave(1, SCHEDULE).await.expect(200);
    }
}

#[tokio::test]
async fn a_place_without_a_claim_gets_it_with_the_next_look() {
    let _clock = clock::set(NOON);
    let scene = busy().await;
    scene.enter(1, SCHEDULE).await.expect(200);
    scene.engines.keys.remove(&[format!("queue:active:{}", person(1).id)]).await.expect("lost");
    scene.status(1, SCHEDULE).await.expect(200);
    tokio::task::yield_now().await;
    assert_eq!(scene.claim(1).await.as_deref(), Some(SCHEDULE));
    assert_eq!(scene.enter(1, OTHER).await.code(), (409, "ALREADY_IN_QUEUE"));
}

#[tokio::test]
async fn a_place_that_was_passed_over_holds_no_claim_and_is_given_up_for_another_line() {
    let clock = clock::set(NOON);
    let scene = busy().await;
    scene.enter(1, SCHEDULE).await.expect(200);
    for _ in 0..3 {
        clock.advance(Duration::from_secs(119));
        // Heard of in time.
        scene.status(1, SCHEDULE).await.expect(200);
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.enter(1, OTHER).await.code(), (409, "ALREADY_IN_QUEUE"));
    for _ in 0..13 {
        // Admissions are tried all the time, or nobody counts as away.
        clock.advance(Duration::from_secs(10));
        scene.admit(0, SCHEDULE).await;
        scene.admit(0, OTHER).await;
        // Somebody goes on waiting there.
        scene.place(2_001, OTHER).await;
    }
    scene.enter(1, OTHER).await.expect(200);
    assert_eq!(scene.status(1, SCHEDULE).await.code(), (404, "NOT_IN_QUEUE"));
    assert!(!waits(&scene, 1, SCHEDULE).await && waits(&scene, 1, OTHER).await);
}

#[tokio::test]
async fn a_sale_that_is_over_holds_nobody_back() {
    let clock = clock::set(NOON);
    let scene = busy().await;
    scene.world.sell(SCHEDULE, NOON.plus_seconds(-10), NOON.plus_seconds(60));
    clock.advance(Duration::from_secs(30));
    scene.enter(1, SCHEDULE).await.expect(200);
    assert_eq!(scene.enter(1, OTHER).await.code(), (409, "ALREADY_IN_QUEUE"));
    clock.advance(Duration::from_secs(30));
    assert_eq!(scene.status(1, SCHEDULE).await.code(), (400, "TICKET_SALE_ENDED"));
    scene.enter(1, OTHER).await.expect(200);
    assert_eq!(scene.claim(1).await.as_deref(), Some(OTHER));
}

/// Kind: two calls that both find the claim free, or void, both take a place.
#[tokio::test]
async fn of_many_calls_at_once_for_two_lines_a_person_ends_in_one_at_most() {
    for round in 0..40u128 {
        let _clock = clock::set(NOON);
        let scene = busy().await;
        if round % 2 == 1 {
            // Void: of a line that is over.
            let entry =
                vec![(format!("queue:active:{}", person(1).id), b"3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a99".to_vec())];
            scene.engines.keys.put(entry, 600_000, clock::now()).await.expect("kept");
        }
        let calls = (0..12).map(|call| {
            let scene = &scene;
            async move {
                for _ in 0..(call * 7 + round) % 5 {
                    tokio::task::yield_now().await;
                }
                scene.enter(1, if call % 2 == 0 { SCHEDULE } else { OTHER }).await
            }
        });
        let answers = futures::future::join_all(calls).await;
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)), "{answers:?}");
        let (here, there) = (waits(&scene, 1, SCHEDULE).await, waits(&scene, 1, OTHER).await);
        assert!(!(here && there), "in both lines, round {round}");
        if let Some(place) = [(here, SCHEDULE), (there, OTHER)].into_iter().find(|(waits, _)| *waits) {
            assert_eq!(scene.claim(1).await.as_deref(), Some(place.1), "round {round}");
        }
    }
}
