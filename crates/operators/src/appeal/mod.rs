//! Who was told what: for the person who says "but it told me ..." (amendments, 4).
//!
//! ```text
//! answer --note: no wait, no lock--> queue, bounded --batches--> table of the coupon schema, in the same process or by its role
//!                      |                                              kept some days, at most so many rows
//!                      +--> beyond the bounds: counted, and the count is kept
//! ```
//!
//! **What is kept.** The answers to what a person asked to be changed, given or not given, and refusals of reads. Not: polls that
//! were answered, pages, and what the gateway itself refused before a role was asked.
//!
//! **What is not kept, and said so.** A sold-out evening has a million refusals in some seconds, and to keep each would cost more
//! than to decide it. Each worker may note [`NOTED_PER_SECOND`] answers a second; more refusals than [`REFUSALS_PER_SECOND`] of
//! these are not noted, so that a flood of "sold out" never crowds out a "yes". The same answer again to the same person within
//! a batch is one row with `times`. What is left out is counted in the table, by role and time, and every appeal shows that
//! number: "not in the list" is then no proof that nothing was told.

mod layer;
mod read;
mod row;
pub mod rows;
mod writer;

pub use layer::with_appeals;
pub use read::{AppealPage, AppealQuery, Told, read};
pub use rows::{TABLE, appeal_table};
pub use writer::{Kept, Sink, StoreBody, run, store};

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use tokio::sync::{Mutex, mpsc};

/// Answers that one worker notes in a second.
pub const NOTED_PER_SECOND: u32 = 1_000;
/// Refusals among them.
pub const REFUSALS_PER_SECOND: u32 = 250;
/// Answers that wait to be written: two seconds of two full workers.
const QUEUE_MAX: usize = 4_096;

/// An answer that somebody was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The role that answered.
    pub role: String,
    /// Such as `POST /reservations/hold`.
    pub route: String,
    /// The status.
    pub status: u16,
    /// The code of a refusal, or the word of a decision.
    pub code: Option<String>,
    /// What it was about: a campaign, a schedule, a reservation.
    pub target: Option<String>,
    /// The `X-Trace-Id` that the person can read.
    pub trace_id: String,
    /// Who; none where nobody was known.
    pub user_id: Option<String>,
    /// How often the same was told within moments.
    pub times: u32,
}

/// Where a process notes answers; its writer takes them. Cheap to clone.
#[derive(Clone)]
pub struct Appeals {
    queue: mpsc::Sender<Answer>,
    /// Taken by the writer, which gives it back when it is stopped.
    taken: Arc<Mutex<mpsc::Receiver<Answer>>>,
    left_out: Arc<LeftOut>,
}

/// Answers that were not noted, by role.
#[derive(Default)]
pub(crate) struct LeftOut(std::sync::Mutex<Vec<(&'static str, Arc<AtomicU64>)>>);

impl LeftOut {
    fn of(&self, role: &'static str) -> Arc<AtomicU64> {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match known.iter().find(|(name, _)| *name == role) {
            Some((_, count)) => count.clone(),
            None => {
                let count = Arc::default();
                known.push((role, Arc::clone(&count)));
                count
            }
        }
    }

    /// Takes what was counted since the last time.
    fn take(&self) -> Vec<(&'static str, u64)> {
        let known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let counts = known.iter().map(|(role, count)| (*role, count.swap(0, Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

impl Default for Appeals {
    fn default() -> Self {
        let (queue, answers) = mpsc::channel(QUEUE_MAX);
        Self { queue, taken: Arc::new(Mutex::new(answers)), left_out: Arc::default() }
    }
}

impl Appeals {
    /// Notes the answers of a role.
    pub fn recorder(&self, role: &'static str) -> Recorder {
        Recorder { role, queue: self.queue.clone(), left_out: self.left_out.of(role), budget: Arc::default() }
    }
}

/// Notes answers of one role. A clone shares its budget; [`Recorder::of_worker`] has one of its own.
#[derive(Clone)]
pub struct Recorder {
    role: &'static str,
    queue: mpsc::Sender<Answer>,
    left_out: Arc<AtomicU64>,
    budget: Arc<Budget>,
}

/// What was noted in the second under way. Two threads at the turn of a second may note a few more: that harms nobody.
#[derive(Debug, Default)]
struct Budget {
    second: AtomicI64,
    noted: AtomicU32,
    refusals: AtomicU32,
}

impl Budget {
    fn take(&self, second: i64, is_refusal: bool) -> bool {
        if self.second.load(Ordering::Relaxed) != second {
            self.second.store(second, Ordering::Relaxed);
            self.noted.store(0, Ordering::Relaxed);
            self.refusals.store(0, Ordering::Relaxed);
        }
        if is_refusal && self.refusals.load(Ordering::Relaxed) >= REFUSALS_PER_SECOND {
            return false;
        }
        if self.noted.load(Ordering::Relaxed) >= NOTED_PER_SECOND {
            return false;
        }
        if is_refusal {
            self.refusals.fetch_add(1, Ordering::Relaxed);
        }
        self.noted.fetch_add(1, Ordering::Relaxed);
        true
    }
}

impl Recorder {
    /// The same for one worker of the fast path: it shares no memory with the others but the queue.
    #[must_use]
    pub fn of_worker(&self) -> Self {
        Self { budget: Arc::default(), ..self.clone() }
    }

    /// Notes an answer, if there is room: costs a read of memory where there is none, and never waits. `make` is called only for
    /// an answer that is noted. `is_refusal`: whether the person did not get what was asked for.
    pub fn note(&self, at: Timestamp, is_refusal: bool, make: impl FnOnce(&'static str) -> Answer) {
        if !self.budget.take(at.millis() / 1_000, is_refusal) {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        match self.queue.try_reserve() {
            Ok(place) => place.send(make(self.role)),
            Err(_) => {
                self.left_out.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(role: &str, status: u16) -> Answer {
        Answer {
            at_ms: 0,
            role: role.to_owned(),
            route: "POST /x".to_owned(),
            status,
            code: None,
            target: None,
            trace_id: "t".to_owned(),
            user_id: None,
            times: 1,
        }
    }

    #[tokio::test]
    async fn a_flood_of_refusals_is_counted_and_crowds_no_yes_out() {
        let appeals = Appeals::default();
        let recorder = appeals.recorder("coupon").of_worker();
        let now = Timestamp(5_000);
        for _ in 0..1_000_000 {
            recorder.note(now, true, |role| answer(role, 200));
        }
        for _ in 0..100 {
            recorder.note(now, false, |role| answer(role, 201));
        }
        let mut queue = appeals.taken.lock().await;
        let mut kept = Vec::new();
        while let Ok(answer) = queue.try_recv() {
            kept.push(answer.status);
        }
        let of = |status| kept.iter().filter(|one| **one == status).count();
        assert_eq!((of(200), of(201)), (REFUSALS_PER_SECOND as usize, 100));
        assert_eq!(appeals.left_out.take(), [("coupon", 1_000_000 - u64::from(REFUSALS_PER_SECOND))]);
        assert!(appeals.left_out.take().is_empty(), "each is told once");
    }

    #[tokio::test]
    async fn a_full_queue_makes_nobody_wait() {
        let appeals = Appeals::default();
        for worker in 0..10 {
            let recorder = appeals.recorder("coupon").of_worker();
            (0..NOTED_PER_SECOND).for_each(|_| recorder.note(Timestamp(worker), false, |role| answer(role, 201)));
        }
        let left_out = 10 * u64::from(NOTED_PER_SECOND) - QUEUE_MAX as u64;
        assert_eq!(appeals.left_out.take(), [("coupon", left_out)]);
    }
}
