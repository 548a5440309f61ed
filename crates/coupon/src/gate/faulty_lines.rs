//! Lines that fail as those on Redis do, for tests.

use async_trait::async_trait;
use domain::UserId;
use domain::line::{DrawStep, LineCounts, LineId, LineOutcome, LineRule, LineStatus};
use hot::HotError;
use hot::embedded::EmbeddedLines;
use hot::line::{Admission, Clock, LinePort, LineUser, RuleChange};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use uuid::Uuid;

/// Lines on two nodes, one of which may be away.
pub struct FaultyLines {
    lines: EmbeddedLines,
    /// The line that would be on the node that is away.
    pub away: OnceLock<LineId>,
    /// So many of the next admissions are carried out, and their answers lost.
    pub lose_admissions: AtomicU32,
    /// Verdicts are not noted.
    pub lose_verdicts: AtomicBool,
    /// How often somebody has asked how a line admits.
    pub rules_read: AtomicU32,
    /// Before so many of the next changes of a rule somebody else changes it: the rate is one more each time.
    pub rivals: AtomicU32,
}

impl FaultyLines {
    /// Lines without a fault.
    pub fn new(lines: EmbeddedLines) -> Self {
        Self {
            lines,
            away: OnceLock::new(),
            lose_admissions: AtomicU32::new(0),
            lose_verdicts: AtomicBool::new(false),
            rules_read: AtomicU32::new(0),
            rivals: AtomicU32::new(0),
        }
    }

    fn node_of(&self, line: &LineId) -> Result<&EmbeddedLines, HotError> {
        if self.away.get() == Some(line) { Err(HotError::Unavailable("away".into())) } else { Ok(&self.lines) }
    }
}

#[async_trait]
impl LinePort for FaultyLines {
    async fn make_line(&self, line: &LineId, rule: LineRule) -> Result<(), HotError> {
        self.node_of(line)?.make_line(line, rule).await
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

    async fn enter(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        self.lines.enter(batch, clock).await
    }

    /// Hangs for the line that is away, as calls do that nobody answers.
    async fn check_in(&self, batch: Vec<LineUser>, clock: Clock) -> Vec<Result<LineStatus, HotError>> {
        if batch.iter().any(|who| self.node_of(&who.line).is_err()) {
            std::future::pending::<()>().await;
        }
        self.lines.check_in(batch, clock).await
    }

    async fn leave(&self, who: &LineUser, clock: Clock) -> Result<bool, HotError> {
        self.node_of(&who.line)?.leave(who, clock).await
    }

    async fn admit(&self, line: &LineId, passes: Vec<Uuid>, clock: Clock) -> Result<Admission, HotError> {
        let admission = self.node_of(line)?.admit(line, passes, clock).await;
        let lose = |left: u32| left.checked_sub(1);
        match self.lose_admissions.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose) {
            Ok(_) => Err(HotError::Unknown("no replica has confirmed it".into())),
            Err(_) => admission,
        }
    }

    async fn put_back(&self, line: &LineId, clock: Clock) -> Result<Vec<(UserId, u64)>, HotError> {
        self.node_of(line)?.put_back(line, clock).await
    }

    async fn finish(&self, who: &LineUser, verdict: LineOutcome) -> Result<bool, HotError> {
        match self.node_of(&who.line) {
            Ok(_) if self.lose_verdicts.load(Ordering::SeqCst) => Err(HotError::Unavailable("away".into())),
            Ok(lines) => lines.finish(who, verdict).await,
            Err(_) => std::future::pending().await,
        }
    }

    async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError> {
        self.node_of(line)?.draw(line, clock).await
    }

    async fn counts(&self, line: &LineId, gone_max: usize, clock: Clock) -> Result<Option<LineCounts>, HotError> {
        self.node_of(line)?.counts(line, gone_max, clock).await
    }
}
