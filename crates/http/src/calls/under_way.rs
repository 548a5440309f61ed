//! The keys whose first run is under way in this process: later runs wait. Runs in other processes are stopped by the
//! ledger when they store their effect.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

type Lock = Arc<tokio::sync::Mutex<()>>;
type Locks = Arc<Mutex<HashMap<(String, String), Lock>>>;

/// The keys under way: never more than there are requests. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(Locks);

/// The right to run a key; given up when dropped.
pub(super) struct Turn {
    name: (String, String),
    locks: Locks,
    guard: Option<OwnedMutexGuard<()>>,
}

impl UnderWay {
    /// The turn of this key, after all earlier runs; `None` when they take longer than `wait`.
    pub(super) async fn turn(&self, scope: &str, key: &str, wait: Duration) -> Option<Turn> {
        let name = (scope.to_owned(), key.to_owned());
        let lock = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name.clone()).or_default().clone();
        let mut turn = Turn { name, locks: self.0.clone(), guard: None };
        turn.guard = Some(tokio::time::timeout(wait, lock.lock_owned()).await.ok()?);
        Some(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.guard = None;
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        // One is the map's own: nobody else has it or waits for it.
        if locks.get(&self.name).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn one_run_of_a_key_at_a_time_and_nothing_stays() {
        let under_way = UnderWay::default();
        let first = under_way.turn("a", "k", LONG).await.expect("free");
        assert!(under_way.turn("a", "k", SOON).await.is_none(), "the first is under way");
        let other = under_way.turn("b", "k", SOON).await.expect("another caller's key");
        let waiting = tokio::spawn({
            let under_way = under_way.clone();
            async move { under_way.turn("a", "k", LONG).await.is_some() }
        });
        drop((first, other));
        assert!(waiting.await.expect("ran"));
        assert!(under_way.0.lock().expect("whole").is_empty());
    }
}
