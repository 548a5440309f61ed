//! The buffer between the thread that polls the brokers and the task that handles messages: fetched messages, the batch
//! in flight, and the handled offset of each partition.
//!
//! Every partition carries the number of its assignment. A message that was fetched under an ended assignment is never
//! committed, however late it is handled.

use crate::BATCH_MAX;
use crate::message::{Body, Delivery};
use crate::stop::Shutdown;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Most messages that may wait.
const MESSAGES_MAX: usize = 2 * BATCH_MAX;
/// The same in bytes.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long a batch may take before fetching pauses.
pub(super) const STUCK_AFTER: Duration = Duration::from_secs(1);

/// A partition of a topic.
pub(super) type Partition = (Arc<str>, i32);

/// A partition and the next offset to read.
pub(super) type NextOffset = (Partition, i64);

/// A batch of messages, in the order of each partition.
pub(super) struct Batch {
    pub deliveries: Vec<Delivery>,
    pub progress: Progress,
}

/// The next offset of each partition once the batch is handled, and the assignment under which it was fetched.
pub(super) struct Progress(HashMap<Partition, Mark>);

#[derive(Clone, Copy)]
struct Mark {
    assignment: u64,
    next: i64,
}

/// The state of the buffer, for the thread that fills it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// There is room.
    Easy,
    /// Too much waits; that may change in a moment.
    Full,
    /// The batch takes longer than [`STUCK_AFTER`]: it is tried again, or the handler's database is unavailable.
    Stuck,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// The partitions of this member, each with the number of its assignment.
    assigned: HashMap<Partition, u64>,
    assignments: u64,
    /// The next offset after the handled ones.
    handled: HashMap<Partition, i64>,
    /// The partitions of `handled` that are not committed yet.
    uncommitted: HashSet<Partition>,
    in_flight: Option<InFlight>,
    ended: bool,
}

struct Waiting {
    delivery: Delivery,
    assignment: u64,
}

struct InFlight {
    since: Instant,
    partitions: HashSet<Partition>,
}

#[derive(Default)]
pub(super) struct FetchBuffer {
    state: Mutex<State>,
    /// A message arrived.
    arrived: Notify,
    /// A batch was taken or handled.
    changed: Condvar,
}

impl FetchBuffer {
    /// Adds a message. Ignores messages of partitions that are not assigned any more.
    pub fn push(&self, delivery: Delivery) {
        let mut state = self.state();
        let Some(assignment) = state.assigned.get(&partition_of(&delivery)).copied() else { return };
        state.bytes += bytes_of(&delivery);
        state.waiting.push_back(Waiting { delivery, assignment });
        drop(state);
        self.arrived.notify_one();
    }

    /// The next messages, up to [`BATCH_MAX`]. `None` after the shutdown.
    pub async fn take(&self, shutdown: &Shutdown) -> Option<Batch> {
        loop {
            if shutdown.is_stopped() {
                return None;
            }
            let batch = self.state().begin();
            if batch.is_some() {
                self.changed.notify_all();
                return batch;
            }
            tokio::select! {
                () = shutdown.stopped() => return None,
                () = self.arrived.notified() => {}
            }
        }
    }

    /// A batch was handled: its offsets may be committed, as far as its partitions are still assigned.
    pub fn settle(&self, progress: Progress) {
        let mut state = self.state();
        state.in_flight = None;
        for (partition, mark) in progress.0 {
            if state.assigned.get(&partition) == Some(&mark.assignment) {
                state.handled.insert(partition.clone(), mark.next);
                state.uncommitted.insert(partition);
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Ends the buffer. A batch that was taken and not settled stays uncommitted.
    pub fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        state.in_flight = None;
        drop(state);
        self.changed.notify_all();
    }

    pub fn has_ended(&self) -> bool {
        self.state().ended
    }

    pub fn load(&self) -> Load {
        self.state().load()
    }

    /// Waits until there is room, up to `limit`.
    pub fn wait_for_room(&self, limit: Duration) {
        let full = |state: &mut State| !state.ended && state.load() == Load::Full;
        let _ = self.changed.wait_timeout_while(self.state(), limit, full);
    }

    /// Assigns partitions to this member.
    pub fn assign(&self, partitions: impl IntoIterator<Item = Partition>) {
        let mut state = self.state();
        for partition in partitions {
            state.assignments += 1;
            let number = state.assignments;
            state.assigned.insert(partition, number);
        }
    }

    /// Revokes partitions. Drops their waiting messages and waits for the batch in flight, up to `patience`. Returns their
    /// handled offsets that are not committed.
    pub fn revoke(&self, partitions: &[Partition], patience: Duration) -> Vec<NextOffset> {
        let mut state = self.state();
        state.drop_waiting(partitions);
        let busy = |state: &mut State| {
            state.in_flight.as_ref().is_some_and(|at| partitions.iter().any(|one| at.partitions.contains(one)))
        };
        let waited = self.changed.wait_timeout_while(state, patience, busy);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let uncommitted = state.take_uncommitted(|one| partitions.contains(one));
        for partition in partitions {
            state.assigned.remove(partition);
            state.handled.remove(partition);
        }
        uncommitted
    }

    /// Drops everything: the client is gone, with all its assignments.
    pub fn clear(&self) {
        let mut state = self.state();
        state.waiting.clear();
        state.bytes = 0;
        state.assigned.clear();
        state.handled.clear();
        state.uncommitted.clear();
    }

    /// The handled offsets that are not committed yet. The next call does not return them again.
    pub fn take_uncommitted(&self) -> Vec<NextOffset> {
        self.state().take_uncommitted(|_| true)
    }

    /// The commit of these partitions failed.
    pub fn mark_uncommitted(&self, partitions: impl IntoIterator<Item = Partition>) {
        let mut state = self.state();
        for partition in partitions {
            if state.handled.contains_key(&partition) {
                state.uncommitted.insert(partition);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self) -> Option<Batch> {
        let count = self.waiting.len().min(BATCH_MAX);
        if count == 0 {
            return None;
        }
        let mut marks = HashMap::new();
        let mut deliveries = Vec::with_capacity(count);
        for Waiting { delivery, assignment } in self.waiting.drain(..count) {
            self.bytes = self.bytes.saturating_sub(bytes_of(&delivery));
            marks.insert(partition_of(&delivery), Mark { assignment, next: delivery.offset + 1 });
            deliveries.push(delivery);
        }
        self.in_flight = Some(InFlight { since: Instant::now(), partitions: marks.keys().cloned().collect() });
        Some(Batch { deliveries, progress: Progress(marks) })
    }

    fn load(&self) -> Load {
        if self.in_flight.as_ref().is_some_and(|at| at.since.elapsed() > STUCK_AFTER) {
            Load::Stuck
        } else if self.waiting.len() >= MESSAGES_MAX || self.bytes >= BYTES_MAX {
            Load::Full
        } else {
            Load::Easy
        }
    }

    fn drop_waiting(&mut self, partitions: &[Partition]) {
        self.waiting.retain(|waiting| !partitions.contains(&partition_of(&waiting.delivery)));
        self.bytes = self.waiting.iter().map(|waiting| bytes_of(&waiting.delivery)).sum();
    }

    fn take_uncommitted(&mut self, which: impl Fn(&Partition) -> bool) -> Vec<NextOffset> {
        let partitions: Vec<Partition> = self.uncommitted.extract_if(|one| which(one)).collect();
        partitions.into_iter().filter_map(|one| self.handled.get(&one).map(|next| (one.clone(), *next))).collect()
    }
}

fn partition_of(delivery: &Delivery) -> Partition {
    (Arc::clone(&delivery.topic), delivery.partition)
}

fn bytes_of(delivery: &Delivery) -> usize {
    let headers: usize = delivery.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let value = match &delivery.body {
        Body::Bytes(bytes) => bytes.len(),
        Body::Envelope(_) => 0,
    };
    value + headers + delivery.key.len()
}

#[cfg(test)]
mod tests;
