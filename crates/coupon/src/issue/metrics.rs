//! Metrics of the issue route. Handles are made once, since a look-up by name would cost more than the request itself.

use domain::{ErrorCode, IssueOutcome};
use metrics::{Counter, Histogram, counter, histogram};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counters by outcome and by error, and the duration of replies.
pub struct IssueMetrics {
    outcomes: [Counter; IssueOutcome::CODES.len()],
    errors: HashMap<ErrorCode, Counter>,
    decided_seconds: Histogram,
    known_seconds: Histogram,
    replies: AtomicU32,
}

impl Default for IssueMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl IssueMetrics {
    /// Registers the metrics with the installed recorder.
    pub fn new() -> Self {
        let replied = |code: &'static str| counter!("onsale_coupon_issue_total", "code" => code);
        Self {
            outcomes: IssueOutcome::CODES.map(replied),
            errors: ErrorCode::ALL.into_iter().map(|code| (code, replied(code.as_str()))).collect(),
            decided_seconds: histogram!("onsale_coupon_issue_seconds", "path" => "decided"),
            known_seconds: histogram!("onsale_coupon_issue_seconds", "path" => "known"),
            replies: AtomicU32::new(0),
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

    /// Whether this reply is the one in `every` that is sampled.
    pub(super) fn is_sampled(&self, every: u32) -> bool {
        every > 0 && self.replies.fetch_add(1, Ordering::Relaxed).is_multiple_of(every)
    }

    /// Records the duration of a reply. Callers record each reply that needed a decision, and the sampled ones of the rest.
    pub(super) fn record_seconds(&self, decided: bool, seconds: f64) {
        if decided { self.decided_seconds.record(seconds) } else { self.known_seconds.record(seconds) }
    }
}
