//! Schedulers that send requests to issuers: no admitted person is lost or overtaken when a process stops, and when the
//! bus is unavailable.

use super::faulty_lines::FaultyLines;
use crate::gate::ToIssuers;
use async_trait::async_trait;
use bus::{PublishError, Publisher};
use domain::line::{Admits, LineId, LineOutcome, LineRule, LineStatus, QueueNumber};
use domain::message::{CouponRequested, Envelope};
use domain::{PassId, UserId};
use hot::KeyPort;
use hot::embedded::{EmbeddedKeys, EmbeddedLines, JournalOptions};
use hot::lease::{Hold, Lease};
use hot::line::{Clock, LinePort, LineUser};
use lines::Scheduler;
use onsale_http::Failures;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);
const STALE_AFTER_MS: u32 = 600;
const LONG_AFTER_THIS_TEST_MS: u32 = 600_000;
/// Most requests in flight at once.
const INSIDE_MAX: u32 = 4;

/// A bus that records the published requests.
#[derive(Default)]
struct RecordingBus {
    is_unavailable: AtomicBool,
    /// The number of next batches that it refuses.
    refusals: AtomicU32,
    was_called: AtomicBool,
    numbers: Mutex<Vec<u64>>,
}

#[async_trait]
impl Publisher for RecordingBus {
    async fn publish(&self, _: &str, batch: &[Arc<Envelope>]) -> Result<(), PublishError> {
        self.was_called.store(true, Ordering::SeqCst);
        if self.is_unavailable.load(Ordering::SeqCst) {
            return Err(PublishError::Unavailable(bus::Cause::new("down")));
        }
        let one_less = |left: u32| left.checked_sub(1);
        if self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return Err(PublishError::Refused(Vec::new()));
        }
        let number = |message: &Arc<Envelope>| {
            serde_json::from_value::<CouponRequested>(message.payload.clone()).expect("a request").number.get()
        };
        self.numbers.lock().expect("not poisoned").extend(batch.iter().map(number));
        Ok(())
    }
}

/// A line before a campaign in a folder of its own, and a bus.
struct Scene {
    _folder: TempDir,
    port: Arc<FaultyLines>,
    keys: Arc<dyn KeyPort>,
    bus: Arc<RecordingBus>,
    line: LineId,
}

impl Scene {
    async fn new(people: u64, inside_max: u32) -> Self {
        Self::with(people, inside_max, STALE_AFTER_MS).await
    }

    async fn with(people: u64, inside_max: u32, stale_after_ms: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let line: LineId = "gate:shoes".parse().expect("a line");
        let rule = LineRule {
            interval_ms: 10,
            capacity: 1_000,
            admits: Admits::Processing { stale_after_ms, put_back_max: 100 },
            inside_max,
            ..LineRule::new(1_000)
        };
        lines.make_line(&line, rule).await.expect("put");
        let scene = Self {
            _folder: folder,
            port: Arc::new(FaultyLines::new(lines)),
            keys: Arc::new(EmbeddedKeys::default()),
            bus: Arc::default(),
            line,
        };
        let people = (1..=people).map(|n| scene.user(n)).collect();
        assert!(scene.port.enter(people, Clock::Engine).await.iter().all(Result::is_ok));
        scene
    }

    fn user(&self, n: u64) -> LineUser {
        LineUser { line: self.line.clone(), user: UserId::new(&format!("user-{n}")).expect("a name") }
    }

    fn scheduler(&self) -> Scheduler {
        let dispatch = ToIssuers::new(self.bus.clone(), self.keys.clone());
        Scheduler::start(self.port.clone(), |_| true, Some(Arc::new(dispatch)), Failures::default())
    }

    fn requested(&self) -> Vec<u64> {
        self.bus.numbers.lock().expect("not poisoned").clone()
    }

    /// Waits until the condition holds.
    async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let begun = std::time::Instant::now();
        while !holds().await {
            assert!(begun.elapsed() < PATIENCE, "not in time: {what}: {:?}", self.requested());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A scheduler renews its lease once a second, so a tick after that time renews it.
    async fn a_tick_that_renews_the_lease(&self) {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let ticks = || self.port.rules_read.load(Ordering::SeqCst);
        let before = ticks();
        self.until("a whole tick is over", async || ticks() >= before + 2).await;
    }

    /// Finishes every requested person, as issuers would, until this many have finished.
    async fn work(&self, people: u64) {
        self.until("all are done", async || {
            for number in self.requested() {
                self.port.finish(&self.user(number), LineOutcome::Issued).await.expect("finished");
            }
            let counts = self.port.counts(&self.line, 0, Clock::Engine).await.expect("answers").expect("is there");
            counts.finished == people
        })
        .await;
    }
}

/// The queue numbers in the order in which each was first requested.
fn first_times(numbers: &[u64]) -> Vec<u64> {
    let mut seen = std::collections::BTreeSet::new();
    numbers.iter().copied().filter(|number| seen.insert(*number)).collect()
}

#[tokio::test]
async fn a_stopped_scheduler_releases_the_line_at_once_and_has_requested_every_admitted_person() {
    let scene = Scene::new(40, INSIDE_MAX).await;
    let (first, second) = (scene.scheduler(), scene.scheduler());
    scene.until("one of them has begun", async || !scene.requested().is_empty()).await;
    first.stop().await;
    second.stop().await;
    let counts = scene.port.counts(&scene.line, 0, Clock::Engine).await.expect("answers").expect("is there");
    assert_eq!(
        first_times(&scene.requested()),
        (1..=counts.serving).collect::<Vec<_>>(),
        "every admitted person was requested"
    );
    let next = Lease::new(scene.keys.clone(), &scene.line.to_string());
    assert_eq!(next.hold().await, Ok(Hold::Taken), "the lease was released, not left to expire");
    next.release().await.expect("given up");
    let third = scene.scheduler();
    scene.work(40).await;
    third.stop().await;
    assert_eq!(first_times(&scene.requested()), (1..=40).collect::<Vec<_>>());
}

/// People admitted in a call whose reply was lost are ahead of the next ones.
#[tokio::test]
async fn the_order_is_kept_after_a_lost_reply() {
    let scene = Scene::new(60, 0).await;
    // Long after this test.
    let admits = Admits::Processing { stale_after_ms: 600_000, put_back_max: 7 };
    let rule = scene.port.rule(&scene.line).await.expect("answers").expect("is there");
    scene.port.change_rule(&scene.line, LineRule { admits, ..rule }).await.expect("changed");
    scene.port.lose_admissions.store(3, Ordering::SeqCst);
    let scheduler = scene.scheduler();
    scene.work(60).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.requested()), (1..=60).collect::<Vec<_>>());
}

/// People whom a process admitted and did not request before it died are ahead of the next ones.
#[tokio::test]
async fn the_order_is_kept_after_a_process_died_between_admission_and_request() {
    let scene = Scene::with(40, 0, LONG_AFTER_THIS_TEST_MS).await;
    let passes = (0..7).map(|_| PassId(Uuid::new_v4())).collect();
    let admitted = scene.port.admit(&scene.line, passes, Clock::Engine).await.expect("answers").admitted;
    assert!(!admitted.is_empty());
    let scheduler = scene.scheduler();
    scene.work(40).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.requested()), (1..=40).collect::<Vec<_>>());
}

/// The same for a process that lost the line to another one and takes it over again when that one has died.
#[tokio::test]
async fn the_order_is_kept_when_a_process_takes_its_line_back_from_a_dead_one() {
    let scene = Scene::with(40, 7, LONG_AFTER_THIS_TEST_MS).await;
    let scheduler = scene.scheduler();
    scene.until("there is no room inside", async || scene.requested().len() >= 7).await;
    let lease = [format!("lease:{}", scene.line)];
    let of_another = vec![(lease[0].clone(), b"another".to_vec())];
    scene
        .until("it has found the line taken", async || {
            scene.keys.put(of_another.clone(), 600_000, clock::now()).await.expect("put");
            scene.a_tick_that_renews_the_lease().await;
            let holder = scene.keys.get(&lease, clock::now()).await.expect("answers");
            holder[0].as_deref() == Some(b"another")
        })
        .await;
    for n in 1..=7 {
        scene.port.finish(&scene.user(n), LineOutcome::Issued).await.expect("finished");
    }
    let passes = (0..3).map(|_| PassId(Uuid::new_v4())).collect();
    let admitted = scene.port.admit(&scene.line, passes, Clock::Engine).await.expect("answers").admitted;
    assert!(!admitted.is_empty());
    scene.keys.remove(&lease).await.expect("given up");
    scene.work(40).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.requested()), (1..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn while_issuers_are_idle_the_line_waits_and_then_continues_in_order() {
    let scene = Scene::new(20, INSIDE_MAX).await;
    let scheduler = scene.scheduler();
    // They are put back and requested again; no one behind them is admitted meanwhile.
    let most = u64::from(INSIDE_MAX);
    scene.until("the first were requested three times", async || scene.requested().len() as u64 >= 3 * most).await;
    assert!(scene.requested().iter().all(|number| *number <= most), "{:?}", scene.requested());
    let last = scene.port.check_in(vec![scene.user(20)], Clock::Engine).await;
    assert!(matches!(last[0], Ok(LineStatus::Waiting { number: QueueNumber(20), .. })), "{last:?}");
    scene.work(20).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.requested()), (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn while_the_bus_is_unavailable_the_line_waits_and_keeps_its_order() {
    let scene = Scene::new(40, 0).await;
    scene.bus.is_unavailable.store(true, Ordering::SeqCst);
    let (first, second) = (scene.scheduler(), scene.scheduler());
    scene.until("it was tried", async || scene.bus.was_called.load(Ordering::SeqCst)).await;
    let newcomer = scene.port.enter(vec![scene.user(41)], Clock::Engine).await;
    assert!(matches!(newcomer[0], Ok(LineStatus::Waiting { number: QueueNumber(41), .. })), "{newcomer:?}");
    // Longer than the time after which admitted people are put back.
    tokio::time::sleep(Duration::from_millis(3 * u64::from(STALE_AFTER_MS))).await;
    scene.bus.is_unavailable.store(false, Ordering::SeqCst);
    scene.work(41).await;
    first.stop().await;
    second.stop().await;
    assert_eq!(first_times(&scene.requested()), (1..=41).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_order_is_kept_after_the_bus_refused_requests() {
    let scene = Scene::with(40, 0, LONG_AFTER_THIS_TEST_MS).await;
    scene.bus.refusals.store(2, Ordering::SeqCst);
    let scheduler = scene.scheduler();
    scene.work(40).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.requested()), (1..=40).collect::<Vec<_>>());
}
