//! How many seats of a schedule stand in reservations, a second old at most for those who ask often (amendment 36).
//!
//! Reservation counts; one caller of this process asks it for all. A value older than a second is told once more while a newer one
//! is fetched, one older than two is waited for. Nobody waits long: where reservation does not answer, the count is unknown for
//! the next second.

use crate::service::HeldSeats;
use domain::{ScheduleId, Timestamp};
use futures::future::join_all;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

/// How long a count is told without another look, in milliseconds.
const FRESH_MS: i64 = 1_000;
/// How long it is told while another look is under way, in milliseconds.
const USABLE_MS: i64 = 2_000;
/// Longest wait for reservation: the rest of the answer is there already.
const WAIT_MAX: Duration = Duration::from_millis(300);
/// Most schedules in memory.
const SCHEDULES_MAX: usize = 4_096;

/// Seats in reservations that stand, paid ones among them; none where it is unknown.
pub(crate) type Count = Option<u32>;

/// Counts of schedules.
#[derive(Default)]
pub(crate) struct Counts {
    source: Option<Arc<dyn HeldSeats>>,
    entries: Mutex<HashMap<ScheduleId, Arc<Entry>>>,
}

#[derive(Default)]
struct Entry {
    last: Mutex<Option<(Count, Timestamp)>>,
    asking: Arc<tokio::sync::Mutex<()>>,
}

impl Entry {
    /// The count, and its age in milliseconds.
    fn last(&self) -> Option<(Count, i64)> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back makes every value old.
        last.map(|(count, at)| (count, clock::now().millis() - at.millis())).filter(|(_, age)| *age >= 0)
    }

    fn fresh(&self) -> Option<Count> {
        self.last().filter(|(_, age)| *age < FRESH_MS).map(|(count, _)| count)
    }

    /// Asks, and keeps the answer or that there was none.
    async fn ask(&self, source: &dyn HeldSeats, id: ScheduleId, _one: OwnedMutexGuard<()>) -> Count {
        let at = clock::now();
        let held = tokio::time::timeout(WAIT_MAX, source.held(id)).await;
        let count = held.ok().and_then(Result::ok).map(|held| u32::try_from(held).unwrap_or(u32::MAX));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((count, at));
        count
    }
}

impl Counts {
    /// Counts that this source knows.
    pub fn of_source(source: Arc<dyn HeldSeats>) -> Self {
        Self { source: Some(source), entries: Mutex::default() }
    }

    /// Whether anybody can be asked.
    pub fn has_source(&self) -> bool {
        self.source.is_some()
    }

    /// The counts of these schedules, in their order.
    pub async fn of(&self, schedules: &[ScheduleId]) -> Vec<Count> {
        join_all(schedules.iter().map(|id| self.one(*id))).await
    }

    async fn one(&self, id: ScheduleId) -> Count {
        let source = self.source.as_ref()?;
        let entry = self.entry(id);
        match entry.last() {
            Some((count, age)) if age < FRESH_MS => return count,
            Some((count, age)) if age < USABLE_MS => {
                if let Ok(one) = entry.asking.clone().try_lock_owned() {
                    let source = source.clone();
                    tokio::spawn(async move { entry.ask(source.as_ref(), id, one).await });
                }
                return count;
            }
            _ => {}
        }
        let one = tokio::time::timeout(WAIT_MAX, entry.asking.clone().lock_owned()).await.ok()?;
        match entry.fresh() {
            Some(count) => count,
            None => entry.ask(source.as_ref(), id, one).await,
        }
    }

    fn entry(&self, id: ScheduleId) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= SCHEDULES_MAX && !entries.contains_key(&id) {
            entries.retain(|_, entry| entry.fresh().is_some());
            if entries.len() >= SCHEDULES_MAX {
                entries.clear();
            }
        }
        entries.entry(id).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use onsale_http::ApiError;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use uuid::Uuid;

    #[derive(Default)]
    struct Source {
        asked: AtomicU64,
        is_away: AtomicBool,
        hangs: AtomicBool,
    }

    #[async_trait]
    impl HeldSeats for Source {
        async fn held(&self, _: ScheduleId) -> Result<u64, ApiError> {
            let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::task::yield_now().await;
            if self.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if self.is_away.load(Ordering::SeqCst) { Err(ApiError::unavailable()) } else { Ok(asked) }
        }
    }

    fn counts() -> (Arc<Source>, Arc<Counts>, [ScheduleId; 1]) {
        let source = Arc::new(Source::default());
        (source.clone(), Arc::new(Counts::of_source(source)), [ScheduleId(Uuid::from_u128(1))])
    }

    #[tokio::test]
    async fn a_thousand_readers_ask_once_a_second() {
        let clock = clock::set(Timestamp(1_000_000));
        let (source, counts, ids) = counts();
        let read = |_| counts.of(&ids);
        assert!(join_all((0..1_000).map(read)).await.iter().all(|count| *count == [Some(1)]));
        clock.advance(Duration::from_millis(999));
        assert_eq!(counts.of(&ids).await, [Some(1)]);
        assert_eq!(source.asked.load(Ordering::SeqCst), 1);
        // A little old: told once more, while one reader's look is under way.
        clock.advance(Duration::from_millis(1));
        assert_eq!(counts.of(&ids).await, [Some(1)]);
        while source.asked.load(Ordering::SeqCst) < 2 || counts.entry(ids[0]).asking.try_lock().is_err() {
            tokio::task::yield_now().await;
        }
        assert_eq!(counts.of(&ids).await, [Some(2)]);
        // Old: waited for.
        clock.advance(Duration::from_secs(60));
        assert_eq!(counts.of(&ids).await, [Some(3)]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_reservation_does_not_say_is_unknown_and_nobody_waits_long() {
        let clock = clock::set(Timestamp(1_000_000));
        let (source, counts, ids) = counts();
        source.is_away.store(true, Ordering::SeqCst);
        assert_eq!((counts.of(&ids).await, counts.of(&ids).await), (vec![None], vec![None]));
        assert_eq!(source.asked.load(Ordering::SeqCst), 1, "asked once a second, away or not");
        source.hangs.store(true, Ordering::SeqCst);
        clock.advance(Duration::from_secs(5));
        let began = tokio::time::Instant::now();
        assert_eq!(counts.of(&ids).await, [None]);
        assert!(began.elapsed() <= WAIT_MAX * 2);
        assert_eq!(Counts::default().of(&ids).await, [None]);
    }
}
