//! Rounds of work: so many items at once, each by itself, until the process ends.
//!
//! What is due stands in the tables. Any number of processes may look: an item is taken by a compare-and-set before anything
//! is asked about it, so one process works on it at a time.

use futures::StreamExt;
use futures::future::BoxFuture;
use onsale_http::ApiError;
use std::time::Duration;

/// Items that one round reads.
pub(super) const ROUND_MAX: u64 = 256;
/// Items that are worked on at the same time: each may wait ten seconds for PortOne.
const AT_ONCE: usize = 32;

/// What came of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It was worked on.
    Worked,
    /// Another process has it, or nothing was to be done any more.
    Left,
}

/// Works on the items of a round. One that fails is logged and stays due: the others go on. Returns how many were worked on.
pub(super) async fn each<'a, T>(
    name: &'static str,
    items: Vec<T>,
    work: impl Fn(T) -> BoxFuture<'a, Result<Done, ApiError>>,
) -> usize {
    let work: Vec<_> = items.into_iter().map(work).collect();
    let outcomes = futures::stream::iter(work).buffer_unordered(AT_ONCE);
    let worked = outcomes.fold(0, |worked, outcome| async move {
        match outcome {
            Ok(Done::Worked) => worked + 1,
            Ok(Done::Left) => worked,
            Err(error) => {
                metrics::counter!("onsale_payment_work_failed_total", "work" => name).increment(1);
                tracing::warn!(work = name, code = error.code.as_str(), detail = error.detail, "an item stays due");
                worked
            }
        }
    });
    worked.await
}

/// Runs rounds until the process ends. A round that worked on something is followed by the next at once, since more may be
/// due; else `every` passes.
pub(super) async fn forever(
    name: &'static str,
    every: Duration,
    round: impl Fn() -> BoxFuture<'static, Result<usize, ApiError>>,
) {
    loop {
        match round().await {
            Ok(worked) if worked as u64 >= ROUND_MAX / 2 => continue,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(work = name, code = error.code.as_str(), "what is due cannot be read now");
            }
        }
        tokio::time::sleep(every).await;
    }
}
