//! Lines that fail as lines on Redis do.

use async_trait::async_trait;
use domain::line::{
    DrawStep, EntryHash, LineCounts, LineId, LineOutcome, LineRule, LineStatus, Pass, QueueNumber, ValueOutcome,
};
use domain::{PassId, UserId};
use hot::embedded::EmbeddedLines;
use hot::line::{Admission, Clock, Entrant, LinePort, LineUser, Recovery, RuleChange};
use hot::{HotError, HotHealth};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

/// Lines on two nodes, one of which may be unavailable.
pub struct FaultyLines {
    lines: EmbeddedLines,
    /// The line on the unavailable node.
    pub unavailable: OnceLock<LineId>,
    /// The number of next admissions that are carried out while their reply is lost.
    pub lose_admissions: AtomicU32,
    /// Outcomes are not recorded.
    pub lose_outcomes: AtomicBool,
    /// How often a rule was read.
    pub rules_read: AtomicU32,
    /// The number of next changes of a rule before which another change adds one to the rate.
    pub rivals: AtomicU32,
    /// Lines that were lost, as they were defined last.
    lost: Mutex<HashMap<LineId, LineRule>>,
}

impl FaultyLines {
    /// Lines without a fault.
    pub fn new(lines: EmbeddedLines) -> Self {
        Self {
            lines,
            unavailable: OnceLock::new(),
            lose_admissions: AtomicU32::new(0),
            lose_outcomes: AtomicBool::new(false),
            rules_read: AtomicU32::new(0),
            rivals: AtomicU32::new(0),
            lost: Mutex::default(),
        }
    }

    /// Loses a line with everybody in it, but not how it was defined.
    pub async fn lose(&self, line: &LineId) {
        let rule = self.lines.rule(line).await.expect("answers").expect("is there");
        self.lines.end_line(line, Clock::Engine).await.expect("lost");
        self.lost.lock().expect("not poisoned").insert(line.clone(), rule);
    }

    fn node_of(&self, line: &LineId) -> Result<&EmbeddedLines, HotError> {
        if self.unavailable.get() == Some(line) {
            Err(HotError::Unavailable("unavailable".into()))
        } else {
            Ok(&self.lines)
        }
    }
}

#[async_trait]
impl LinePort for FaultyLines {
    async fn make_line(&self, line: &LineId, rule: LineRule) -> Result<bool, HotError> {
        self.node_of(line)?.make_line(line, rule).await
    }

    async fn end_line(&self, line: &LineId, clock: Clock) -> Result<bool, HotError> {
        self.node_of(line)?.end_line(line, clock).await
    }

    async fn kept_pass(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError> {
        self.node_of(&who.line)?.kept_pass(who, clock).await
    }

    async fn recover_line(&self, line: &LineId) -> Result<Recovery, HotError> {
        let lines = self.node_of(line)?;
        let lost = self.lost.lock().expect("not poisoned").remove(line);
        if let Some(rule) = lost {
            lines.make_line(line, rule).await?;
        }
        lines.recover_line(line).await
    }

    async fn health(&self) -> HotHealth {
        self.lines.health().await
    }

    async fn change_rule(&self, line: &LineId, rule: LineRule) -> Result<RuleChange, HotError> {
        let lines = self.node_of(line)?;
        let one_less = |left: u32| left.checked_sub(1);
        if self.rivals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
            && let Some(now) = lines.rule(line).await?
        {
            lines.change_rule(line, LineRule { rate_per_second: now.rate_per_second + 1, ..now }).await?;
        }
        lines.change_rule(line, rule).await
    }

    async fn rule(&self, line: &LineId) -> Result<Option<LineRule>, HotError> {
        self.rules_read.fetch_add(1, Ordering::SeqCst);
        self.node_of(line)?.rule(line).await
    }

    async fn lines(&self) -> Result<Vec<LineId>, HotError> {
        self.lines.lines().await
    }

    async fn enter_from(&self, batch: Vec<Entrant>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        self.lines.enter_from(batch, clock).await
    }

    /// Hangs for the unavailable line, as a call without a reply does.
    async fn check_in(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        if batch.iter().any(|user| self.node_of(&user.line).is_err()) {
            std::future::pending::<()>().await;
        }
        self.lines.check_in(batch, clock).await
    }

    async fn leave(&self, user: &LineUser, clock: Clock) -> Result<bool, HotError> {
        self.node_of(&user.line)?.leave(user, clock).await
    }

    async fn admit(&self, line: &LineId, passes: Vec<PassId>, clock: Clock) -> Result<Admission, HotError> {
        let admission = self.node_of(line)?.admit(line, passes, clock).await;
        let lose = |left: u32| left.checked_sub(1);
        match self.lose_admissions.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose) {
            Ok(_) => Err(HotError::Unknown("no replica has confirmed it".into())),
            Err(_) => admission,
        }
    }

    async fn put_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.node_of(line)?.put_back(line, clock).await
    }

    async fn put_all_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, QueueNumber)>, HotError> {
        self.node_of(line)?.put_all_back(line, clock).await
    }

    async fn finish(&self, user: &LineUser, outcome: LineOutcome) -> Result<bool, HotError> {
        match self.node_of(&user.line) {
            Ok(_) if self.lose_outcomes.load(Ordering::SeqCst) => Err(HotError::Unavailable("unavailable".into())),
            Ok(lines) => lines.finish(user, outcome).await,
            Err(_) => std::future::pending().await,
        }
    }

    async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError> {
        self.node_of(line)?.draw(line, clock).await
    }

    async fn give_draw_value(&self, line: &LineId, value: &[u8]) -> Result<ValueOutcome, HotError> {
        self.node_of(line)?.give_draw_value(line, value).await
    }

    async fn draw_entries(&self, line: &LineId, first: u32, most: u32) -> Result<Option<Vec<EntryHash>>, HotError> {
        self.node_of(line)?.draw_entries(line, first, most).await
    }

    async fn counts(&self, line: &LineId, gone_max: usize, clock: Clock) -> Result<Option<LineCounts>, HotError> {
        self.node_of(line)?.counts(line, gone_max, clock).await
    }
}
