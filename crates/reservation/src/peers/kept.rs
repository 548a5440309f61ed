//! Answers that are kept for a while, each loaded by one caller at a time.

use domain::{ScheduleId, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What was loaded of schedules, for a while. At most so many; what has run out goes first.
pub(crate) struct Kept<V> {
    entries: Mutex<HashMap<ScheduleId, Arc<Entry<V>>>>,
    life_ms: i64,
    most: usize,
}

struct Entry<V> {
    value: Mutex<Option<(V, Timestamp)>>,
    loading: tokio::sync::Mutex<()>,
}

impl<V: Clone> Entry<V> {
    fn last(&self) -> Option<(V, Timestamp)> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fresh(&self, life_ms: i64, now: Timestamp) -> Option<V> {
        let (value, at) = self.last()?;
        (0..life_ms).contains(&(now.millis() - at.millis())).then_some(value)
    }
}

impl<V: Clone> Kept<V> {
    /// Nothing yet. `life_ms`: how long a value counts.
    pub fn new(life_ms: i64, most: usize) -> Self {
        Self { entries: Mutex::default(), life_ms, most }
    }

    /// The value, if it counts now.
    pub fn fresh(&self, id: ScheduleId) -> Option<V> {
        self.known(id)?.fresh(self.life_ms, clock::now())
    }

    /// The value of any age.
    pub fn last(&self, id: ScheduleId) -> Option<V> {
        self.known(id)?.last().map(|(value, _)| value)
    }

    /// The value; where none counts now, loaded by one caller while the others wait. `load` gets the last value, of any age.
    ///
    /// # Errors
    /// Those of `load`: nothing is kept of them.
    pub async fn get<E, F>(&self, id: ScheduleId, load: impl FnOnce(Option<V>) -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let entry = self.entry(id);
        if let Some(value) = entry.fresh(self.life_ms, clock::now()) {
            return Ok(value);
        }
        let _one = entry.loading.lock().await;
        let began_at = clock::now();
        if let Some(value) = entry.fresh(self.life_ms, began_at) {
            return Ok(value);
        }
        let value = load(entry.last().map(|(value, _)| value)).await?;
        *entry.value.lock().unwrap_or_else(PoisonError::into_inner) = Some((value.clone(), began_at));
        Ok(value)
    }

    /// Forgets a value.
    pub fn forget(&self, id: ScheduleId) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    fn known(&self, id: ScheduleId) -> Option<Arc<Entry<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn entry(&self, id: ScheduleId) -> Arc<Entry<V>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.most && !entries.contains_key(&id) {
            let now = clock::now();
            entries.retain(|_, entry| entry.fresh(self.life_ms, now).is_some());
            if entries.len() >= self.most {
                entries.clear();
            }
        }
        let empty = || Arc::new(Entry { value: Mutex::new(None), loading: tokio::sync::Mutex::default() });
        entries.entry(id).or_insert_with(empty).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;
    use uuid::Uuid;

    fn id(number: u128) -> ScheduleId {
        ScheduleId(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn a_value_is_loaded_once_by_one_and_again_when_it_has_run_out() {
        let clock = clock::set(Timestamp(1_000_000));
        let (kept, loads) = (Kept::new(1_000, 10), AtomicU32::new(0));
        let get = || {
            kept.get(id(1), |_| async {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(loads.fetch_add(1, Ordering::Relaxed))
            })
        };
        let (one, other) = tokio::join!(get(), get());
        assert_eq!((one, other), (Ok(0), Ok(0)));
        clock.advance(Duration::from_millis(999));
        assert_eq!((get().await, kept.fresh(id(1))), (Ok(0), Some(0)));
        clock.advance(Duration::from_millis(1));
        assert_eq!((kept.fresh(id(1)), kept.last(id(1))), (None, Some(0)));
        assert_eq!(get().await, Ok(1));
        kept.forget(id(1));
        assert_eq!(kept.last(id(1)), None);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept_and_the_map_is_bounded() {
        let kept: Kept<u32> = Kept::new(1_000, 2);
        assert_eq!(kept.get(id(1), |_| async { Err(7) }).await, Err(7));
        for number in 1..10 {
            assert_eq!(kept.get(id(number), |_| async { Ok::<_, u32>(1) }).await, Ok(1));
            assert!(kept.entries.lock().expect("unpoisoned").len() <= 2);
        }
    }
}
