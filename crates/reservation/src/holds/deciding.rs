//! Who is being decided on: one hold, swap or release of a person and schedule at a time (amendment 22), over all processes.
//!
//! A claim in hot state tells the processes of each other. It is no lock: where it lapses or cannot be had, hot state and the
//! tables decide one after the other, and only the answer of the second is not `RESERVATION_IN_PROGRESS`.

use domain::{AccountId, ScheduleId, Timestamp};
use hot::KeyPort;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// A claim of a process that has died ends after this, in milliseconds.
const CLAIM_MS: u64 = 3_000;

type Place = (ScheduleId, AccountId);

/// People with a decision under way. Cheap to clone; clones share what is known in this process.
#[derive(Clone)]
pub(crate) struct Deciding(Arc<Inner>);

struct Inner {
    here: Mutex<HashSet<Place>>,
    keys: Arc<dyn KeyPort>,
}

/// One decision; the next begins when it is over.
pub(super) struct OneDecision {
    of: Deciding,
    place: Place,
    /// When it was claimed in hot state; none where that cannot be had.
    claimed_at: Option<Timestamp>,
    is_over: bool,
}

fn key((schedule, user): Place) -> String {
    format!("cache:lock:hold:{schedule}:{user}")
}

impl Deciding {
    /// Over these keys.
    pub(crate) fn new(keys: Arc<dyn KeyPort>) -> Self {
        Self(Arc::new(Inner { here: Mutex::default(), keys }))
    }

    /// Begins a decision; `None` while another one is under way, here or at another process.
    pub(super) async fn begin(&self, schedule: ScheduleId, user: AccountId) -> Option<OneDecision> {
        let place = (schedule, user);
        if !self.here(|here| here.insert(place)) {
            return None;
        }
        let mut decision = OneDecision { of: self.clone(), place, claimed_at: None, is_over: false };
        let now = clock::now();
        match self.0.keys.claim(vec![(key(place), Vec::new())], CLAIM_MS, now).await.as_deref() {
            Ok([true]) => decision.claimed_at = Some(now),
            Ok([false]) => return None,
            // Without the claim the tables decide.
            _ => {}
        }
        Some(decision)
    }

    fn here<T>(&self, act: impl FnOnce(&mut HashSet<Place>) -> T) -> T {
        act(&mut self.0.here.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the claim back, unless it has lapsed: it may be another's by then.
    async fn give_back(&self, place: Place, claimed_at: Timestamp) {
        let age_ms = clock::now().millis() - claimed_at.millis();
        if age_ms.unsigned_abs() >= CLAIM_MS {
            return;
        }
        if let Err(error) = self.0.keys.remove(&[key(place)]).await {
            tracing::debug!(%error, "the claim of a decision ends by itself");
        }
    }
}

impl OneDecision {
    /// It is over: to be waited for before the answer leaves, so that the same person's next call is not refused.
    pub(super) async fn end(mut self) {
        if let Some(claimed_at) = self.claimed_at.take() {
            self.of.give_back(self.place, claimed_at).await;
        }
        self.is_over = true;
        self.of.here(|here| here.remove(&self.place));
    }
}

impl Drop for OneDecision {
    /// On the way out of an error.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let (of, place) = (self.of.clone(), self.place);
        if let (Some(claimed_at), Ok(runtime)) = (self.claimed_at, tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                of.give_back(place, claimed_at).await;
                of.here(|here| here.remove(&place));
            });
        } else {
            of.here(|here| here.remove(&place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hot::embedded::EmbeddedKeys;
    use std::time::Duration;
    use uuid::Uuid;

    fn schedule(number: u128) -> ScheduleId {
        ScheduleId(Uuid::from_u128(number))
    }

    fn user(number: u128) -> AccountId {
        AccountId(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn a_person_is_decided_on_once_at_a_time_in_each_schedule_over_all_processes() {
        let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
        let (one, other) = (Deciding::new(keys.clone()), Deciding::new(keys));
        let first = one.begin(schedule(1), user(2)).await.expect("the first");
        for deciding in [&one, &other] {
            assert!(deciding.begin(schedule(1), user(2)).await.is_none());
            deciding.begin(schedule(3), user(2)).await.expect("another schedule").end().await;
            deciding.begin(schedule(1), user(4)).await.expect("another person").end().await;
        }
        first.end().await;
        other.begin(schedule(1), user(2)).await.expect("the next").end().await;
    }

    #[tokio::test]
    async fn the_claim_of_a_process_that_died_lapses_and_is_not_taken_from_the_next() {
        let clock = clock::set(Timestamp(1_796_126_400_123));
        let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
        let (one, other) = (Deciding::new(keys.clone()), Deciding::new(keys.clone()));
        let slow = one.begin(schedule(1), user(2)).await.expect("the first");
        clock.advance(Duration::from_millis(CLAIM_MS - 1));
        assert!(other.begin(schedule(1), user(2)).await.is_none());
        clock.advance(Duration::from_millis(1));
        let next = other.begin(schedule(1), user(2)).await.expect("it has lapsed");
        slow.end().await;
        assert!(Deciding::new(keys).begin(schedule(1), user(2)).await.is_none(), "the next one's claim stands");
        next.end().await;
    }
}
