//! Figures of the hot route: handles made once, since a look-up by name for every request would cost more than it.

use domain::{ErrorCode, IssueOutcome};
use metrics::{Counter, Histogram, counter, histogram};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counters by outcome and by error, and how long answers took.
pub struct IssueMetrics {
    outcomes: [Counter; IssueOutcome::CODES.len()],
    errors: HashMap<ErrorCode, Counter>,
    decided_seconds: Histogram,
    known_seconds: Histogram,
    answers: AtomicU32,
}

impl Default for IssueMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl IssueMetrics {
    /// Registers the figures with the recorder in force.
    pub fn new() -> Self {
        let answered = |code: &'static str| counter!("onsale_coupon_issue_total", "code" => code);
        Self {
            outcomes: IssueOutcome::CODES.map(answered),
            errors: ErrorCode::ALL.into_iter().map(|code| (code, answered(code.as_str()))).collect(),
            decided_seconds: histogram!("onsale_coupon_issue_seconds", "path" => "decided"),
            known_seconds: histogram!("onsale_coupon_issue_seconds", "path" => "known"),
            answers: AtomicU32::new(0),
        }
    }

    pub(super) fn count_outcome(&self, outcome: &IssueOutcome) {
        self.outcomes[outcome.index()].increment(1);
    }

    pub(super) fn count_error(&self, code: ErrorCode) {
        if let Some(counter) = self.errors.get(&code) {
            counter.increment(1);
        }
    }

    /// Whether this answer is the one in `every` that is looked at closely.
    pub(super) fn is_sampled(&self, every: u32) -> bool {
        every > 0 && self.answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(every)
    }

    /// Records how long an answer took: of decided ones each, of those known already the sampled ones.
    pub(super) fn record_seconds(&self, decided: bool, seconds: f64) {
        if decided { self.decided_seconds.record(seconds) } else { self.known_seconds.record(seconds) }
    }
}
