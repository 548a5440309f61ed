//! Schedulers that have the work done by others: what becomes of those who were let go when a process stops, and when
//! the bus does not take anything.

use super::ToIssuers;
use super::faulty_lines::FaultyLines;
use async_trait::async_trait;
use bus::{PublishError, Publisher};
use domain::UserId;
use domain::line::{Admits, LineId, LineOutcome, LineRule, LineStatus};
use domain::message::{CouponRequested, Envelope};
use hot::KeyPort;
use hot::embedded::{EmbeddedKeys, EmbeddedLines, JournalOptions};
use hot::lease::{Hold, Lease};
use hot::line::{Clock, LinePort, LineUser};
use lines::Scheduler;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);
const STALE_AFTER_MS: u32 = 600;
const LONG_AFTER_THIS_TEST_MS: u32 = 600_000;
/// Requests that may be on their way at once.
const INSIDE_MAX: u32 = 4;

/// A bus that keeps what it takes, while it takes anything.
#[derive(Default)]
struct Kept {
    is_away: AtomicBool,
    /// So many of the next batches.
    refuses: AtomicU32,
    asked: AtomicBool,
    tickets: Mutex<Vec<u64>>,
}

#[async_trait]
impl Publisher for Kept {
    async fn publish(&self, _: &str, batch: &[Arc<Envelope>]) -> Result<(), PublishError> {
        self.asked.store(true, Ordering::SeqCst);
        if self.is_away.load(Ordering::SeqCst) {
            return Err(PublishError::Unavailable(bus::Cause::new("down")));
        }
        let one_less = |left: u32| left.checked_sub(1);
        if self.refuses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return Err(PublishError::Refused(Vec::new()));
        }
        let ticket = |message: &Arc<Envelope>| {
            serde_json::from_value::<CouponRequested>(message.payload.clone()).expect("a request").ticket
        };
        self.tickets.lock().expect("not poisoned").extend(batch.iter().map(ticket));
        Ok(())
    }
}

/// A line before a campaign in a folder of its own, and a bus.
struct Scene {
    _folder: TempDir,
    port: Arc<FaultyLines>,
    keys: Arc<dyn KeyPort>,
    bus: Arc<Kept>,
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
        let people = (1..=people).map(|n| scene.who(n)).collect();
        assert!(scene.port.enter(people, Clock::Engine).await.iter().all(Result::is_ok));
        scene
    }

    fn who(&self, n: u64) -> LineUser {
        LineUser { line: self.line.clone(), user: UserId::new(&format!("user-{n}")).expect("a name") }
    }

    fn scheduler(&self) -> Scheduler {
        let dispatch = ToIssuers::new(self.bus.clone(), self.keys.clone());
        Scheduler::start(self.port.clone(), |_| true, Some(Arc::new(dispatch)))
    }

    fn asked_for(&self) -> Vec<u64> {
        self.bus.tickets.lock().expect("not poisoned").clone()
    }

    /// Waits, and does meanwhile what is asked for, as issuers would.
    async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let begun = std::time::Instant::now();
        while !holds().await {
            assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}: {:?}", self.asked_for());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whoever holds a line believes it for a second.
    async fn a_turn_that_asks_whose_the_line_is(&self) {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let turns = || self.port.rules_read.load(Ordering::SeqCst);
        let before = turns();
        self.until("a whole turn is over", async || turns() >= before + 2).await;
    }

    /// Does everything that is asked for until all these are done.
    async fn work(&self, people: u64) {
        self.until("all are done", async || {
            for ticket in self.asked_for() {
                self.port.finish(&self.who(ticket), LineOutcome::Issued).await.expect("finished");
            }
            let figures = self.port.counts(&self.line, 0, Clock::Engine).await.expect("answers").expect("is there");
            figures.finished == people
        })
        .await;
    }
}

/// The same place may be asked for again, but nobody before those in front.
fn first_times(tickets: &[u64]) -> Vec<u64> {
    let mut seen = std::collections::BTreeSet::new();
    tickets.iter().copied().filter(|ticket| seen.insert(*ticket)).collect()
}

#[tokio::test]
async fn a_stop_hands_the_line_over_at_once_and_leaves_nobody_unasked_for() {
    let scene = Scene::new(40, INSIDE_MAX).await;
    let (first, second) = (scene.scheduler(), scene.scheduler());
    scene.until("one of them has begun", async || !scene.asked_for().is_empty()).await;
    first.stop().await;
    second.stop().await;
    let figures = scene.port.counts(&scene.line, 0, Clock::Engine).await.expect("answers").expect("is there");
    assert_eq!(first_times(&scene.asked_for()), (1..=figures.serving).collect::<Vec<_>>(), "who went was asked for");
    let next = Lease::new(scene.keys.clone(), &scene.line.to_string());
    assert_eq!(next.hold().await, Ok(Hold::Taken), "nobody has to wait until it runs out");
    next.release().await.expect("given up");
    let third = scene.scheduler();
    scene.work(40).await;
    third.stop().await;
    assert_eq!(first_times(&scene.asked_for()), (1..=40).collect::<Vec<_>>());
}

/// Those who went in a call whose answer was lost are in front of those who go next.
#[tokio::test]
async fn a_lost_answer_lets_nobody_overtake() {
    let scene = Scene::new(60, 0).await;
    // Long after this test.
    let admits = Admits::Processing { stale_after_ms: 600_000, put_back_max: 7 };
    let rule = scene.port.rule(&scene.line).await.expect("answers").expect("is there");
    scene.port.change_rule(&scene.line, LineRule { admits, ..rule }).await.expect("changed");
    scene.port.lose_admissions.store(3, Ordering::SeqCst);
    let scheduler = scene.scheduler();
    scene.work(60).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.asked_for()), (1..=60).collect::<Vec<_>>());
}

/// A process that ends between letting people go and asking for them leaves them in front of those who go next.
#[tokio::test]
async fn who_was_let_go_by_a_process_that_died_is_overtaken_by_nobody() {
    let scene = Scene::with(40, 0, LONG_AFTER_THIS_TEST_MS).await;
    let passes = (0..7).map(|_| Uuid::new_v4()).collect();
    let went = scene.port.admit(&scene.line, passes, Clock::Engine).await.expect("answers").admitted;
    assert!(!went.is_empty());
    let scheduler = scene.scheduler();
    scene.work(40).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.asked_for()), (1..=40).collect::<Vec<_>>());
}

/// The same where this process had the line before, lost it to another, which died, and goes on with it.
#[tokio::test]
async fn who_goes_on_with_the_line_after_another_process_lets_nobody_overtake() {
    let scene = Scene::with(40, 7, LONG_AFTER_THIS_TEST_MS).await;
    let scheduler = scene.scheduler();
    scene.until("there is no room inside", async || scene.asked_for().len() >= 7).await;
    let lease = [format!("lease:{}", scene.line)];
    let of_another = vec![(lease[0].clone(), b"another".to_vec())];
    scene
        .until("it has found the line taken", async || {
            scene.keys.put(of_another.clone(), 600_000, clock::now()).await.expect("taken away");
            scene.a_turn_that_asks_whose_the_line_is().await;
            let holder = scene.keys.get(&lease, clock::now()).await.expect("answers");
            holder[0].as_deref() == Some(b"another")
        })
        .await;
    for n in 1..=7 {
        scene.port.finish(&scene.who(n), LineOutcome::Issued).await.expect("finished");
    }
    let passes = (0..3).map(|_| Uuid::new_v4()).collect();
    let went = scene.port.admit(&scene.line, passes, Clock::Engine).await.expect("answers").admitted;
    assert!(!went.is_empty());
    scene.keys.remove(&lease).await.expect("given up");
    scene.work(40).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.asked_for()), (1..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn while_issuers_do_nothing_the_line_waits_and_goes_on_in_order() {
    let scene = Scene::new(20, INSIDE_MAX).await;
    let scheduler = scene.scheduler();
    // Put back, and asked for again: nobody behind them meanwhile.
    let most = u64::from(INSIDE_MAX);
    scene.until("the first were asked for three times", async || scene.asked_for().len() as u64 >= 3 * most).await;
    assert!(scene.asked_for().iter().all(|ticket| *ticket <= most), "{:?}", scene.asked_for());
    let last = scene.port.check_in(vec![scene.who(20)], Clock::Engine).await;
    assert!(matches!(last[0], Ok(LineStatus::Waiting { ticket: 20, .. })), "{last:?}");
    scene.work(20).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.asked_for()), (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn while_the_bus_is_away_the_line_waits_and_nobody_overtakes() {
    let scene = Scene::new(40, 0).await;
    scene.bus.is_away.store(true, Ordering::SeqCst);
    let (first, second) = (scene.scheduler(), scene.scheduler());
    scene.until("it was tried", async || scene.bus.asked.load(Ordering::SeqCst)).await;
    let newcomer = scene.port.enter(vec![scene.who(41)], Clock::Engine).await;
    assert!(matches!(newcomer[0], Ok(LineStatus::Waiting { ticket: 41, .. })), "{newcomer:?}");
    // Longer than the line has patience with those who were let go.
    tokio::time::sleep(Duration::from_millis(3 * u64::from(STALE_AFTER_MS))).await;
    scene.bus.is_away.store(false, Ordering::SeqCst);
    scene.work(41).await;
    first.stop().await;
    second.stop().await;
    assert_eq!(first_times(&scene.asked_for()), (1..=41).collect::<Vec<_>>());
}

#[tokio::test]
async fn whom_the_bus_refuses_to_ask_for_is_overtaken_by_nobody() {
    let scene = Scene::with(40, 0, LONG_AFTER_THIS_TEST_MS).await;
    scene.bus.refuses.store(2, Ordering::SeqCst);
    let scheduler = scene.scheduler();
    scene.work(40).await;
    scheduler.stop().await;
    assert_eq!(first_times(&scene.asked_for()), (1..=40).collect::<Vec<_>>());
}
