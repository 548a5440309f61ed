//! Lines that nobody is in cost no call of the engine, however many there are.

use crate::Scheduler;
use crate::draw::drand::Drand;
use crate::draw::values::fetch_in_background;
use crate::metrics::report_metrics;
use async_trait::async_trait;
use domain::line::{
    DrawStep, EntryHash, LineCounts, LineId, LineOutcome, LineRule, LineStatus, Pass, QueueNumber, ValueOutcome,
};
use domain::{PassId, UserId};
use hot::HotError;
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::{Admission, Clock, Entrant, LinePort, LineUser, Recovery, RuleChange};
use onsale_http::Failures;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const LINES: u64 = 1_500;
const PATIENCE: Duration = Duration::from_secs(120);

/// Counts what is asked about single lines.
struct CountedLines {
    lines: EmbeddedLines,
    calls: AtomicU64,
    looks: AtomicU64,
}

impl CountedLines {
    fn call(&self) -> &EmbeddedLines {
        self.calls.fetch_add(1, Ordering::SeqCst);
        &self.lines
    }
}

#[async_trait]
impl LinePort for CountedLines {
    async fn health(&self) -> hot::HotHealth {
        self.lines.health().await
    }

    async fn make_line(&self, line: &LineId, rule: LineRule) -> Result<bool, HotError> {
        self.call().make_line(line, rule).await
    }

    async fn end_line(&self, line: &LineId, clock: Clock) -> Result<bool, HotError> {
        self.call().end_line(line, clock).await
    }

    async fn kept_pass(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError> {
        self.call().kept_pass(who, clock).await
    }

    async fn recover_line(&self, line: &LineId) -> Result<Recovery, HotError> {
        self.call().recover_line(line).await
    }

    async fn change_rule(&self, line: &LineId, rule: LineRule) -> Result<RuleChange, HotError> {
        self.call().change_rule(line, rule).await
    }

    async fn rule(&self, line: &LineId) -> Result<Option<LineRule>, HotError> {
        self.call().rule(line).await
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
        self.call().admit(line, passes, clock).await
    }

    async fn put_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.call().put_back(line, clock).await
    }

    async fn put_all_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.call().put_all_back(line, clock).await
    }

    async fn finish(&self, user: &LineUser, outcome: LineOutcome) -> Result<bool, HotError> {
        self.lines.finish(user, outcome).await
    }

    async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError> {
        self.call().draw(line, clock).await
    }

    async fn give_draw_value(&self, line: &LineId, value: &[u8]) -> Result<ValueOutcome, HotError> {
        self.lines.give_draw_value(line, value).await
    }

    async fn draw_entries(&self, line: &LineId, first: u32, most: u32) -> Result<Option<Vec<EntryHash>>, HotError> {
        self.lines.draw_entries(line, first, most).await
    }

    fn is_quiet(&self, line: &LineId) -> bool {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.lines.is_quiet(line)
    }

    async fn counts(&self, line: &LineId, gone_max: usize, clock: Clock) -> Result<Option<LineCounts>, HotError> {
        self.call().counts(line, gone_max, clock).await
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_hundred_idle_lines_cost_nothing_and_the_one_that_is_entered_is_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = EmbeddedLines::open(folder.path(), JournalOptions { flush: false, ..JournalOptions::default() });
    let lines = lines.expect("opened");
    let gate = |number: u64| format!("gate:acme/sale-{number}").parse::<LineId>().expect("a line");
    for number in 0..LINES {
        lines.make_line(&gate(number), LineRule { capacity: 100, ..LineRule::new(1_000) }).await.expect("made");
    }
    let port = Arc::new(CountedLines { lines, calls: AtomicU64::new(0), looks: AtomicU64::new(0) });
    let scheduler = Scheduler::start(port.clone(), |_| true, None, Failures::default());
    let metrics = tokio::spawn(report_metrics(port.clone(), |_| true));
    // Nobody answers there, and nothing is to be asked.
    let drand = Drand::new("http://127.0.0.1:9", "", "").expect("a client");
    let values = tokio::spawn(fetch_in_background(port.clone(), |_| true, drand));
    let (calls, looks) = (|| port.calls.load(Ordering::SeqCst), || port.looks.load(Ordering::SeqCst));
    until("each line was looked after once", async || calls() >= 4 * LINES).await;
    // Rest: while all lines are looked at many times, by the scheduler and the metrics, none is asked for anything.
    let mut before = calls();
    until("nothing is asked any more", async || {
        let from = looks();
        until("all were looked at", async || looks() >= from + 10 * LINES).await;
        std::mem::replace(&mut before, calls()) == calls()
    })
    .await;
    let line = gate(LINES / 2);
    let user = LineUser { line: line.clone(), user: UserId::new("ann").expect("a name") };
    assert!(port.enter(vec![user], Clock::Engine).await.iter().all(Result::is_ok));
    until("the user is admitted", async || {
        port.lines.counts(&line, 0, Clock::Engine).await.expect("answers").expect("is there").serving == 1
    })
    .await;
    metrics.abort();
    values.abort();
    scheduler.stop().await;
}
