//! The way straight through a check, into a schedule's seats and to a campaign's coupons, where nobody waits (QUEUE-015).
//!
//! The line decides: it admits at once only where nobody waits, and never above the rate. This part keeps a crowd of
//! newcomers from asking it in vain. In a line in which people wait, it is asked once in [`HOLD_OFF`].

use crate::client::LineClient;
use crate::metrics;
use crate::rule_cache::RuleCache;
use domain::PassId;
use domain::line::{Challenge, LineId, Pass};
use hot::line::{Clock, LineUser};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// For so long a line is not asked after it has let nobody through: newcomers go to the waiting page.
const HOLD_OFF: Duration = Duration::from_millis(10);
/// Most newcomers for whom lines are asked at the same time; others go to the waiting page.
const ASKING_MAX: usize = 64;
/// Longest wait for a line: a proxy waits for this check.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most lines that are remembered. Beyond it all are forgotten, and asked again.
const LINES_MAX: usize = 10_000;

/// Lets newcomers through. Cheap to clone.
#[derive(Clone)]
pub struct Straight {
    lines: LineClient,
    rules: RuleCache,
    asking: Arc<Semaphore>,
    refused: Arc<Mutex<HashMap<LineId, Instant>>>,
}

impl Straight {
    /// With the lines of this client.
    pub fn new(lines: LineClient) -> Self {
        let rules = RuleCache::new(lines.port.clone());
        Self { lines, rules, asking: Arc::new(Semaphore::new(ASKING_MAX)), refused: Arc::default() }
    }

    /// The pass of a visitor without a position, if the line lets the visitor through at once. Otherwise, and while the line
    /// is unavailable, nothing has changed, and the visitor takes a position at the waiting page.
    pub async fn pass(&self, user: &LineUser) -> Option<Pass> {
        if self.is_held_off(&user.line) || self.asks_first(&user.line).await {
            return None;
        }
        let _permit = self.asking.try_acquire().ok()?;
        let pass = PassId(Uuid::new_v4());
        let asked = self.lines.port.admit_newcomer(user, pass, Clock::Engine);
        // After a call without an answer the visitor may be inside: the waiting page finds that out.
        let admitted = tokio::time::timeout(PATIENCE, asked).await.ok().and_then(Result::ok).flatten();
        match admitted {
            Some(_) => metrics::count_admitted(&user.line, 1),
            None => self.hold_off(&user.line),
        }
        admitted
    }

    /// Whether the line asks for something before it gives a place, or counts the places of networks: the waiting page does.
    async fn asks_first(&self, line: &LineId) -> bool {
        let Ok(Some(rule)) = self.rules.rule(line).await else { return true };
        rule.asks_for() != Challenge::None || rule.network_max() > 0
    }

    /// The line refused somebody who has a place already, which says nothing of newcomers: the next one asks again.
    pub fn may_ask_again(&self, line: &LineId) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(line);
    }

    /// Gives the place inside back: a robot without cookies will not use it.
    pub async fn give_back(&self, user: &LineUser) {
        if let Err(error) = self.lines.port.leave(user, Clock::Engine).await {
            tracing::debug!(%error, "the pass of a robot stays until it ends");
        }
    }

    fn is_held_off(&self, line: &LineId) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(line).is_some_and(|at| at.elapsed() < HOLD_OFF)
    }

    fn hold_off(&self, line: &LineId) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= LINES_MAX {
            refused.clear();
        }
        refused.insert(line.clone(), Instant::now());
    }
}
