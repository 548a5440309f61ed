//! The state that everybody is told: made at most once a second for all processes, and kept in hot state.
//!
//! Who needs one that is older than a second makes it under a lock; the others wait for it a moment. So all processes tell the
//! same bytes under the same sequence, and a reader may change from one to another.

use super::live::Live;
use super::state::State;
use crate::peers::{Kept, Schedule};
use domain::{ScheduleId, Timestamp};
use hot::KeyPort;
use onsale_http::ApiError;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a state counts, in milliseconds.
const STATE_MS: i64 = 1_000;
/// How long this process looks at its own copy before it looks at the shared one, in milliseconds.
const COPY_MS: i64 = 200;
/// Most schedules in memory; a large one takes 30 KB.
const SCHEDULES_MAX: usize = 1_024;
/// How long a state that nobody renews is kept, in milliseconds.
const SHARED_MS: u64 = 60_000;
/// Whoever holds the lock longer than this has died with it, in milliseconds.
const LOCK_MS: u64 = 3_000;
/// How often who waits for another's state looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// After so many looks it makes its own.
const LOOKS_MAX: u32 = 40;

/// States of schedules. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Board(Arc<Inner>);

struct Inner {
    live: Live,
    keys: Arc<dyn KeyPort>,
    states: Kept<Arc<State>>,
    renewing: Mutex<HashSet<ScheduleId>>,
}

fn key(id: ScheduleId) -> String {
    format!("cache:seat-state:{id}")
}

fn lock(id: ScheduleId) -> String {
    format!("cache:lock:seat-state:{id}")
}

fn is_fresh(state: &State, now: Timestamp) -> bool {
    (0..STATE_MS).contains(&(now.millis() - state.made_at.millis()))
}

impl Board {
    pub fn new(live: Live, keys: Arc<dyn KeyPort>) -> Self {
        Self(Arc::new(Inner { live, keys, states: Kept::new(COPY_MS, SCHEDULES_MAX), renewing: Mutex::default() }))
    }

    /// The state of a schedule, little more than a second old.
    ///
    /// # Errors
    /// `NOT_FOUND` of a schedule that is gone, `SERVICE_UNAVAILABLE`.
    pub async fn state(&self, schedule: &Schedule) -> Result<Arc<State>, ApiError> {
        self.0.states.get(schedule.show.id, |last| self.load(schedule, last)).await
    }

    /// The last state that this process has seen, without waiting; an old one is renewed meanwhile. None before the first.
    pub fn glance(&self, schedule: &Schedule) -> Option<Arc<State>> {
        let id = schedule.show.id;
        let last = self.0.states.last(id);
        let is_old = !last.as_ref().is_some_and(|state| is_fresh(state, clock::now()));
        if is_old && self.renewing().insert(id) {
            let (board, schedule) = (self.clone(), schedule.clone());
            tokio::spawn(async move {
                let renewed = board.state(&schedule).await;
                board.renewing().remove(&id);
                renewed.map(drop)
            });
        }
        last
    }

    /// Schedules whose states are being renewed in the background.
    fn renewing(&self) -> MutexGuard<'_, HashSet<ScheduleId>> {
        self.0.renewing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self, schedule: &Schedule, last: Option<Arc<State>>) -> Result<Arc<State>, ApiError> {
        let id = schedule.show.id;
        for _ in 0..LOOKS_MAX {
            let shared = self.shared(id).await;
            if let Some(state) = shared.iter().find(|state| is_fresh(state, clock::now())) {
                return Ok(state.clone());
            }
            if self.lock(id).await {
                let made = self.make(schedule, newer(shared, last)).await;
                if let Err(error) = self.0.keys.remove(&[lock(id)]).await {
                    tracing::debug!(%error, "the lock of a state of seats ends by itself");
                }
                return made;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let shared = self.shared(id).await;
        self.make(schedule, newer(shared, last)).await
    }

    async fn make(&self, schedule: &Schedule, before: Option<Arc<State>>) -> Result<Arc<State>, ApiError> {
        let made_at = clock::now();
        let at = self.0.live.at(schedule.show.id).await?;
        let state = Arc::new(State::of(schedule, &at, made_at, before.as_deref()));
        let entry = vec![(key(schedule.show.id), state.written())];
        if let Err(error) = self.0.keys.put(entry, SHARED_MS, clock::now()).await {
            tracing::debug!(%error, "a state of seats is kept in this process alone");
        }
        Ok(state)
    }

    async fn shared(&self, id: ScheduleId) -> Option<Arc<State>> {
        let values = self.0.keys.get(&[key(id)], clock::now()).await.ok()?;
        State::read(values.first()?.as_ref()?).map(Arc::new)
    }

    /// Whether this process makes the next state. Where hot state does not say each makes its own.
    async fn lock(&self, id: ScheduleId) -> bool {
        let claimed = self.0.keys.claim(vec![(lock(id), Vec::new())], LOCK_MS, clock::now()).await;
        claimed.map_or(true, |claimed| claimed.first().copied().unwrap_or(true))
    }
}

/// The state that was told last by anybody: the shared one may have been lost, the own one be old.
fn newer(shared: Option<Arc<State>>, own: Option<Arc<State>>) -> Option<Arc<State>> {
    shared.into_iter().chain(own).max_by_key(|state| state.sequence)
}
