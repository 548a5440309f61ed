//! A panic in the task of a line: it is reported, and the work is started again.

use crate::{LineClient, Scheduler, ServingCache, Streams};
use async_trait::async_trait;
use domain::line::{
    DrawStep, EntryHash, LineCounts, LineId, LineOutcome, LineRule, LineStatus, Pass, QueueNumber, ValueOutcome,
};
use domain::{PassId, UserId};
use futures::StreamExt;
use hot::HotError;
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::{Admission, Clock, Entrant, LinePort, LineUser, Recovery, RuleChange};
use onsale_http::Failures;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// Lines whose next count or admission panics once the fault is planted.
struct PanickingLines {
    lines: EmbeddedLines,
    is_planted: AtomicBool,
    _folder: TempDir,
}

impl PanickingLines {
    async fn with_line(line: &LineId) -> Arc<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let rule = LineRule { capacity: 100, ..LineRule::new(1_000) };
        lines.make_line(line, rule).await.expect("made");
        Arc::new(Self { lines, is_planted: AtomicBool::new(false), _folder: folder })
    }

    fn plant(&self) {
        self.is_planted.store(true, Ordering::SeqCst);
    }

    fn spring(&self) {
        assert!(!self.is_planted.swap(false, Ordering::SeqCst), "a planted fault");
    }
}

#[async_trait]
impl LinePort for PanickingLines {
    async fn health(&self) -> hot::HotHealth {
        hot::HotHealth::default()
    }

    async fn make_line(&self, line: &LineId, rule: LineRule) -> Result<bool, HotError> {
        self.lines.make_line(line, rule).await
    }

    async fn end_line(&self, line: &LineId, clock: Clock) -> Result<bool, HotError> {
        self.lines.end_line(line, clock).await
    }

    async fn kept_pass(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError> {
        self.lines.kept_pass(who, clock).await
    }

    async fn recover_line(&self, line: &LineId) -> Result<Recovery, HotError> {
        self.lines.recover_line(line).await
    }

    async fn change_rule(&self, line: &LineId, rule: LineRule) -> Result<RuleChange, HotError> {
        self.lines.change_rule(line, rule).await
    }

    async fn rule(&self, line: &LineId) -> Result<Option<LineRule>, HotError> {
        self.lines.rule(line).await
    }

    async fn lines(&self) -> Result<Vec<LineId>, HotError> {
        self.lines.lines().await
    }

    async fn enter_from(&self, batch: Vec<Entrant>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        self.lines.enter_from(batch, clock).await
    }

    async fn check_in(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        self.lines.check_in(batch, clock).await
    }

    async fn leave(&self, user: &LineUser, clock: Clock) -> Result<bool, HotError> {
        self.lines.leave(user, clock).await
    }

    async fn admit(&self, line: &LineId, passes: Vec<PassId>, clock: Clock) -> Result<Admission, HotError> {
        self.spring();
        self.lines.admit(line, passes, clock).await
    }

    async fn put_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.lines.put_back(line, clock).await
    }

    async fn put_all_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.lines.put_all_back(line, clock).await
    }

    async fn finish(&self, user: &LineUser, outcome: LineOutcome) -> Result<bool, HotError> {
        self.lines.finish(user, outcome).await
    }

    async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError> {
        self.lines.draw(line, clock).await
    }

    async fn give_draw_value(&self, line: &LineId, value: &[u8]) -> Result<ValueOutcome, HotError> {
        self.lines.give_draw_value(line, value).await
    }

    async fn draw_entries(&self, line: &LineId, first: u32, most: u32) -> Result<Option<Vec<EntryHash>>, HotError> {
        self.lines.draw_entries(line, first, most).await
    }

    async fn counts(&self, line: &LineId, gone_max: usize, clock: Clock) -> Result<Option<LineCounts>, HotError> {
        self.spring();
        self.lines.counts(line, gone_max, clock).await
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_publisher_that_panics_is_reported_and_its_readers_get_the_next_frame() {
    let line: LineId = "queue:shop".parse().expect("a line");
    let (port, failures) = (PanickingLines::with_line(&line).await, Failures::default());
    let cache = ServingCache::new(port.clone());
    let streams = Streams::new(LineClient::new(port.clone()), cache, 10, 0, failures.clone(), Arc::new(|_| 10));
    let mut frames =
        Box::pin(streams.open(&line, None, None, None).await.expect("taken").expect("there is such a line"));
    assert!(frames.next().await.is_some(), "the first frame");
    port.plant();
    until("health shows it", async || failures.check().is_err_and(|shown| shown.contains("line stream"))).await;
    let rule = port.rule(&line).await.expect("answers").expect("is there");
    port.change_rule(&line, LineRule { rate_per_second: 7, ..rule }).await.expect("changed");
    let seven = async {
        while let Some(Ok(frame)) = frames.next().await {
            if String::from_utf8_lossy(&frame).contains("\"ratePerSecond\":7.0") {
                return true;
            }
        }
        false
    };
    assert!(tokio::time::timeout(PATIENCE, seven).await.expect("in time"), "the same stream goes on");
}

#[tokio::test]
async fn a_line_whose_admission_panics_is_reported_and_admits_again() {
    let line: LineId = "queue:shop".parse().expect("a line");
    let (port, failures) = (PanickingLines::with_line(&line).await, Failures::default());
    port.plant();
    let scheduler = Scheduler::start(port.clone(), |_| true, None, failures.clone());
    until("health shows it", async || failures.check().is_err_and(|shown| shown.contains("line"))).await;
    let user = LineUser { line: line.clone(), user: UserId::new("ann").expect("a name") };
    assert!(port.enter(vec![user.clone()], Clock::Engine).await.iter().all(Result::is_ok));
    let is_admitted = async || {
        let counts = port.lines.counts(&line, 10, Clock::Engine).await.expect("answers").expect("is there");
        counts.serving == 1
    };
    until("the line admits again", is_admitted).await;
    scheduler.stop().await;
}
