//! Reads that callers share: each is answered by a read that began after the call, and there is one at a time.

use domain::ScheduleId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most schedules at once.
const SCHEDULES_MAX: usize = 1_024;

/// Shared reads of schedules. However many callers ask, the source is read by one at a time; who asks while a read is under way
/// shares the next one.
pub(crate) struct Joint<V, E> {
    of: Mutex<HashMap<ScheduleId, Arc<Reads<V, E>>>>,
}

struct Reads<V, E> {
    /// Reads that have begun.
    begun: AtomicU64,
    /// The number of the last read that has ended, and its result.
    last: tokio::sync::Mutex<Option<(u64, Result<V, E>)>>,
    /// The last value, for those who cannot wait.
    latest: Mutex<Option<V>>,
}

impl<V, E> Default for Joint<V, E> {
    fn default() -> Self {
        Self { of: Mutex::default() }
    }
}

impl<V: Clone, E: Clone> Joint<V, E> {
    /// The result of a read that began after this call did.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn get<F>(&self, id: ScheduleId, read: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let reads = self.reads(id);
        let wanted = reads.begun.load(Ordering::Acquire) + 1;
        let mut last = reads.last.lock().await;
        if let Some((_, result)) = last.as_ref().filter(|(number, _)| *number >= wanted) {
            return result.clone();
        }
        let number = reads.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let result = read().await;
        *last = Some((number, result.clone()));
        if let Ok(value) = &result {
            *reads.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(value.clone());
        }
        result
    }

    /// What was read last, whenever that was.
    pub fn latest(&self, id: ScheduleId) -> Option<V> {
        let reads = self.of.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        reads.and_then(|reads| reads.latest.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn reads(&self, id: ScheduleId) -> Arc<Reads<V, E>> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if of.len() >= SCHEDULES_MAX && !of.contains_key(&id) {
            // Those under way are shared by those who have them.
            of.clear();
        }
        let new = || {
            Arc::new(Reads { begun: AtomicU64::new(0), last: tokio::sync::Mutex::new(None), latest: Mutex::new(None) })
        };
        of.entry(id).or_insert_with(new).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;
    use tokio::sync::Notify;
    use uuid::Uuid;

    #[tokio::test]
    async fn who_asks_during_a_read_shares_the_next_one() {
        let (joint, go) = (Arc::new(Joint::<u32, ()>::default()), Arc::new(Notify::new()));
        let reads = Arc::new(AtomicU32::new(0));
        let ask = || {
            let (joint, go, reads) = (joint.clone(), go.clone(), reads.clone());
            let read = move || async move {
                let number = reads.fetch_add(1, Ordering::SeqCst) + 1;
                go.notified().await;
                Ok(number)
            };
            tokio::spawn(async move { joint.get(ScheduleId(Uuid::nil()), read).await })
        };
        let first = ask();
        while reads.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (0..10).map(|_| ask()).collect();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        go.notify_one();
        assert_eq!(first.await.expect("ran"), Ok(1));
        go.notify_one();
        for other in others {
            assert_eq!(other.await.expect("ran"), Ok(2), "a read that began after the call");
        }
        assert_eq!((reads.load(Ordering::SeqCst), joint.latest(ScheduleId(Uuid::nil()))), (2, Some(2)));
    }
}
