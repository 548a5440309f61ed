//! How often a person looks at the own place (QUEUE-008): so many at once, and one back after so many seconds, counted over all
//! servers.

use super::service::TicketQueue;
use domain::AccountId;
use domain::limit::{Rate, RateDecision};
use onsale_http::limits::{LimitDecision, RateNote};
use std::time::Duration;

/// The policy of the bucket in `RateLimit` headers.
const POLICY: &str = "queue-status";
/// Longest wait for the store: beyond it the look is let through.
const PATIENCE: Duration = Duration::from_millis(500);
/// Counts looks that were let through because the store did not answer.
const LET_THROUGH: &str = "onsale_queue_status_let_through_total";

impl TicketQueue {
    /// Takes a unit of the person's bucket. Every look counts, whatever comes of it.
    pub async fn take_look(&self, person: AccountId) -> LimitDecision {
        if !self.settings.limits_enabled {
            return LimitDecision { note: None, retry_after_seconds: None };
        }
        let bucket = [(format!("queue-status:{person}"), self.look_rate)];
        let taken = tokio::time::timeout(PATIENCE, self.limits.take(&bucket, clock::now_us())).await;
        match taken.ok().and_then(Result::ok).and_then(|decisions| decisions.into_iter().next()) {
            Some(decision) => decided(self.look_rate, decision),
            None => {
                metrics::counter!(LET_THROUGH).increment(1);
                LimitDecision { note: None, retry_after_seconds: None }
            }
        }
    }
}

fn seconds(us: u64) -> u64 {
    us.div_ceil(1_000_000)
}

fn decided(rate: Rate, decision: RateDecision) -> LimitDecision {
    let note = RateNote {
        policy: POLICY,
        burst: rate.burst,
        window_seconds: rate.window_seconds(),
        remaining: decision.remaining,
        reset_seconds: seconds(decision.reset_after_us),
    };
    let wait = || u32::try_from(seconds(decision.retry_after_us).max(1)).unwrap_or(u32::MAX);
    LimitDecision { note: Some(note), retry_after_seconds: (!decision.allowed).then(wait) }
}
