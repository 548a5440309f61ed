//! Failures of background work: logged, counted, and shown by health.

use futures::FutureExt;
use metrics::counter;
use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Work that has run for so long since it failed is well again.
pub const SETTLED_AFTER: Duration = Duration::from_secs(10);

/// What became of background work that failed lately. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub struct Failures(Arc<Mutex<HashMap<&'static str, Instant>>>);

impl Failures {
    /// Reports that a task has failed and is started again: an error in the log, a count in
    /// `onsale_task_failures_total`, and ten seconds of [`Failures::check`]. One name may stand for many tasks of a
    /// kind; then `reason` says which.
    pub fn report(&self, task: &'static str, reason: &str) {
        tracing::error!(task, reason, "a background task failed; it is started again");
        counter!("onsale_task_failures_total", "task" => task).increment(1);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(task, Instant::now());
    }

    /// Shows the count of a task's failures from now on: a series that begins with the first failure has no growth to alert
    /// on.
    pub fn know(task: &'static str) {
        counter!("onsale_task_failures_total", "task" => task).increment(0);
    }

    /// Whether all tasks run.
    ///
    /// # Errors
    /// The names of those that failed within the last ten seconds.
    pub fn check(&self) -> Result<(), String> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, at| at.elapsed() < SETTLED_AFTER);
        let mut names: Vec<&str> = all.keys().copied().collect();
        names.sort_unstable();
        if names.is_empty() { Ok(()) } else { Err(format!("failed and started again: {}", names.join(", "))) }
    }
}

/// Runs background work, which may be dropped at any point.
///
/// # Errors
/// When the work panicked: what the panic said.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("it panicked and gave no reason").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_exporter_prometheus::PrometheusBuilder;

    #[tokio::test]
    async fn a_panic_is_caught_with_its_reason_counted_and_shown_by_health() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _local = metrics::set_default_local_recorder(&recorder);
        let failures = Failures::default();
        assert_eq!(caught(async { 7 }).await, Ok(7));
        assert_eq!(failures.check(), Ok(()));
        let reasons = [
            caught(async { panic!("a planted fault") }).await,
            caught(async { panic!("planted at {}", 3) }).await,
            caught(async { std::panic::panic_any(3) }).await,
        ];
        for (reason, expected) in reasons.into_iter().zip(["a planted fault", "planted at 3", "gave no reason"]) {
            let reason: String = reason.map(|(): ()| ()).expect_err("it panicked");
            assert!(reason.contains(expected), "{reason}");
            failures.report("planted", &reason);
        }
        let counted = recorder.handle().render();
        assert!(counted.contains("onsale_task_failures_total{task=\"planted\"} 3"), "{counted}");
        assert!(failures.clone().check().expect_err("health shows it").contains("planted"));
    }
}
