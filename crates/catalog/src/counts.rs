//! What reservation says of the seats of a schedule, a second old at most for those who ask often: how many stand in
//! reservations (amendment 36), and which.
//!
//! Reservation knows; one caller of this process asks it for all. A value older than a second is told once more while a newer one
//! is fetched, one older than two is waited for. Nobody waits long: where reservation does not answer, the value is unknown for
//! the next second.

use crate::service::HeldSeats;
use domain::{ScheduleId, SeatId, Timestamp};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use onsale_http::ApiError;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

/// How long a value is told without another look, in milliseconds.
const FRESH_MS: i64 = 1_000;
/// How long it is told while another look is under way, in milliseconds.
const USABLE_MS: i64 = 2_000;
/// Longest wait for a count: the rest of the answer is there already.
const COUNT_WAIT_MAX: Duration = Duration::from_millis(300);
/// Longest wait for the seats themselves: of a sold-out hall they are megabytes.
const SEATS_WAIT_MAX: Duration = Duration::from_secs(1);
/// Most schedules with a count in memory.
const COUNTS_MAX: usize = 4_096;
/// Most schedules with seats in memory.
const SEATS_MAX: usize = 256;

/// Seats in reservations that stand, paid ones among them; none where it is unknown.
pub(crate) type Count = Option<u32>;
/// Those seats.
pub(crate) type Held = Arc<HashSet<SeatId>>;

type Question<T> = Arc<dyn Fn(ScheduleId) -> BoxFuture<'static, Result<T, ApiError>> + Send + Sync>;

/// Who is asked, and within what bounds.
struct Source<T> {
    question: Question<T>,
    wait_max: Duration,
    schedules_max: usize,
}

impl<T> Clone for Source<T> {
    fn clone(&self) -> Self {
        Self { question: self.question.clone(), ..*self }
    }
}

/// What was said of each schedule lately.
pub(crate) struct Recent<T> {
    source: Option<Source<T>>,
    entries: Mutex<HashMap<ScheduleId, Arc<Entry<T>>>>,
}

/// How many seats are held.
pub(crate) type Counts = Recent<u32>;
/// Which seats are held.
pub(crate) type HeldNow = Recent<Held>;

/// Nobody can be asked.
impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { source: None, entries: Mutex::default() }
    }
}

struct Entry<T> {
    last: Mutex<Option<(Option<T>, Timestamp)>>,
    asking: Arc<tokio::sync::Mutex<()>>,
}

impl<T> Default for Entry<T> {
    fn default() -> Self {
        Self { last: Mutex::default(), asking: Arc::default() }
    }
}

impl<T: Clone + Send + Sync + 'static> Entry<T> {
    /// The value, and its age in milliseconds.
    fn last(&self) -> Option<(Option<T>, i64)> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A clock that was put back makes every value old.
        last.map(|(value, at)| (value, clock::now().millis() - at.millis())).filter(|(_, age)| *age >= 0)
    }

    fn fresh(&self) -> Option<Option<T>> {
        self.last().filter(|(_, age)| *age < FRESH_MS).map(|(value, _)| value)
    }

    /// Asks, and keeps the answer or that there was none.
    async fn ask(&self, source: &Source<T>, id: ScheduleId, _one: OwnedMutexGuard<()>) -> Option<T> {
        let at = clock::now();
        let said = tokio::time::timeout(source.wait_max, (source.question)(id)).await;
        let value = said.ok().and_then(Result::ok);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((value.clone(), at));
        value
    }
}

impl Counts {
    /// Counts that this source knows.
    pub fn of_source(source: Arc<dyn HeldSeats>) -> Self {
        let question: Question<u32> = Arc::new(move |id| {
            let source = source.clone();
            async move { source.held(id).await.map(|held| u32::try_from(held).unwrap_or(u32::MAX)) }.boxed()
        });
        Self::asking(Source { question, wait_max: COUNT_WAIT_MAX, schedules_max: COUNTS_MAX })
    }

    /// The counts of these schedules, in their order.
    pub async fn of(&self, schedules: &[ScheduleId]) -> Vec<Count> {
        join_all(schedules.iter().map(|id| self.one(*id))).await
    }
}

impl HeldNow {
    /// Seats that this source knows.
    pub fn of_source(source: Arc<dyn HeldSeats>) -> Self {
        let question: Question<Held> = Arc::new(move |id| {
            let source = source.clone();
            async move { source.held_seats(id).await.map(Arc::new) }.boxed()
        });
        Self::asking(Source { question, wait_max: SEATS_WAIT_MAX, schedules_max: SEATS_MAX })
    }
}

impl<T: Clone + Send + Sync + 'static> Recent<T> {
    fn asking(source: Source<T>) -> Self {
        Self { source: Some(source), entries: Mutex::default() }
    }

    /// Whether anybody can be asked.
    pub fn has_source(&self) -> bool {
        self.source.is_some()
    }

    /// What is said of this schedule; none where it is unknown.
    pub async fn one(&self, id: ScheduleId) -> Option<T> {
        let source = self.source.as_ref()?;
        let entry = self.entry(id, source.schedules_max);
        match entry.last() {
            Some((value, age)) if age < FRESH_MS => return value,
            Some((value, age)) if age < USABLE_MS => {
                if let Ok(one) = entry.asking.clone().try_lock_owned() {
                    let source = source.clone();
                    tokio::spawn(async move { entry.ask(&source, id, one).await });
                }
                return value;
            }
            _ => {}
        }
        let one = tokio::time::timeout(source.wait_max, entry.asking.clone().lock_owned()).await.ok()?;
        match entry.fresh() {
            Some(value) => value,
            None => entry.ask(source, id, one).await,
        }
    }

    fn entry(&self, id: ScheduleId, most: usize) -> Arc<Entry<T>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= most && !entries.contains_key(&id) {
            entries.retain(|_, entry| entry.fresh().is_some());
            if entries.len() >= most {
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

        async fn held_seats(&self, id: ScheduleId) -> Result<HashSet<SeatId>, ApiError> {
            self.held(id).await.map(|asked| HashSet::from([SeatId(Uuid::from_u128(asked.into()))]))
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
        while source.asked.load(Ordering::SeqCst) < 2 || counts.entry(ids[0], COUNTS_MAX).asking.try_lock().is_err() {
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
        assert!(began.elapsed() <= COUNT_WAIT_MAX * 2);
        assert_eq!(Counts::default().of(&ids).await, [None]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_readers_of_the_seats_ask_once_a_second_and_wait_a_second_at_most() {
        let clock = clock::set(Timestamp(1_000_000));
        let source = Arc::new(Source::default());
        let (held, id) = (HeldNow::of_source(source.clone()), ScheduleId(Uuid::from_u128(1)));
        let first = Some(Arc::new(HashSet::from([SeatId(Uuid::from_u128(1))])));
        assert!(join_all((0..1_000).map(|_| held.one(id))).await.iter().all(|seats| *seats == first));
        assert_eq!(source.asked.load(Ordering::SeqCst), 1);
        source.hangs.store(true, Ordering::SeqCst);
        clock.advance(Duration::from_secs(5));
        let began = tokio::time::Instant::now();
        assert_eq!(held.one(id).await, None, "unknown");
        assert!(began.elapsed() <= SEATS_WAIT_MAX * 2);
    }
}
