//! Between the thread that polls the brokers and the task that deals with messages: what waits, what is being dealt
//! with, and up to where each partition was dealt with.
//!
//! Every partition carries the number of its assignment. What was fetched under an assignment that has ended is never
//! committed, however late it is dealt with.

use crate::BATCH_MAX;
use crate::message::{Body, Delivery};
use crate::stop::Shutdown;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Messages that may wait.
const MESSAGES_MAX: usize = 2 * BATCH_MAX;
/// The same in bytes.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long a batch may be dealt with before no more is fetched.
pub(super) const STUCK_AFTER: Duration = Duration::from_secs(1);

/// A partition of a topic.
pub(super) type Place = (Arc<str>, i32);

/// A partition and the next offset to read.
pub(super) type Next = (Place, i64);

/// Messages taken together, in the order of each partition.
pub(super) struct Batch {
    pub deliveries: Vec<Delivery>,
    pub marks: Marks,
}

/// Where each partition of a batch stands once the batch is dealt with, and under which assignment it was fetched.
pub(super) struct Marks(HashMap<Place, Mark>);

#[derive(Clone, Copy)]
struct Mark {
    assignment: u64,
    next: i64,
}

/// How the inbox stands, for the thread that fills it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// There is room.
    Easy,
    /// Too much waits; it may be over in a moment.
    Full,
    /// The handler has been at it for longer than [`STUCK_AFTER`]: it tries again, or its database is away.
    Stuck,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// The partitions that are ours, and the number of each one's assignment.
    assigned: HashMap<Place, u64>,
    assignments: u64,
    /// Dealt with up to here.
    handled: HashMap<Place, i64>,
    /// Those of `handled` that the brokers were not told yet.
    untold: HashSet<Place>,
    in_flight: Option<InFlight>,
    ended: bool,
}

struct Waiting {
    delivery: Delivery,
    assignment: u64,
}

struct InFlight {
    since: Instant,
    places: HashSet<Place>,
}

#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    /// Something waits.
    arrived: Notify,
    /// Something was taken or dealt with.
    moved: Condvar,
}

impl Inbox {
    /// A message of a partition that is ours; any other is somebody else's by now.
    pub fn push(&self, delivery: Delivery) {
        let mut state = self.state();
        let Some(assignment) = state.assigned.get(&place_of(&delivery)).copied() else { return };
        state.bytes += bytes_of(&delivery);
        state.waiting.push_back(Waiting { delivery, assignment });
        drop(state);
        self.arrived.notify_one();
    }

    /// The next messages, up to [`BATCH_MAX`]. None when it is time to end.
    pub async fn take(&self, shutdown: &Shutdown) -> Option<Batch> {
        loop {
            if shutdown.is_stopped() {
                return None;
            }
            let batch = self.state().begin();
            if batch.is_some() {
                self.moved.notify_all();
                return batch;
            }
            tokio::select! {
                () = shutdown.stopped() => return None,
                () = self.arrived.notified() => {}
            }
        }
    }

    /// A batch was dealt with: its offsets may be committed, as far as its partitions are still ours.
    pub fn settle(&self, marks: Marks) {
        let mut state = self.state();
        state.in_flight = None;
        for (place, mark) in marks.0 {
            if state.assigned.get(&place) == Some(&mark.assignment) {
                state.handled.insert(place.clone(), mark.next);
                state.untold.insert(place);
            }
        }
        drop(state);
        self.moved.notify_all();
    }

    /// Nothing is taken any more; what was taken and not settled stays uncommitted.
    pub fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        state.in_flight = None;
        drop(state);
        self.moved.notify_all();
    }

    pub fn has_ended(&self) -> bool {
        self.state().ended
    }

    pub fn load(&self) -> Load {
        self.state().load()
    }

    /// Waits until it has more room than none, for as long as this at most.
    pub fn wait_for_room(&self, limit: Duration) {
        let full = |state: &mut State| !state.ended && state.load() == Load::Full;
        let _ = self.moved.wait_timeout_while(self.state(), limit, full);
    }

    /// These partitions are ours now.
    pub fn assign(&self, places: impl IntoIterator<Item = Place>) {
        let mut state = self.state();
        for place in places {
            state.assignments += 1;
            let number = state.assignments;
            state.assigned.insert(place, number);
        }
    }

    /// These partitions are about to be somebody else's. Forgets what waits of them and waits for what is being dealt
    /// with, for as long as `patience` at most. Up to where they were dealt with and the brokers do not know it.
    pub fn revoke(&self, places: &[Place], patience: Duration) -> Vec<Next> {
        let mut state = self.state();
        state.forget_waiting(places);
        let busy = |state: &mut State| {
            state.in_flight.as_ref().is_some_and(|at| places.iter().any(|place| at.places.contains(place)))
        };
        let waited = self.moved.wait_timeout_while(state, patience, busy);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let untold = state.take_untold(|place| places.contains(place));
        for place in places {
            state.assigned.remove(place);
            state.handled.remove(place);
        }
        untold
    }

    /// No partition is ours any more, and nobody can be told anything.
    pub fn forget_all(&self) {
        let mut state = self.state();
        state.waiting.clear();
        state.bytes = 0;
        state.assigned.clear();
        state.handled.clear();
        state.untold.clear();
    }

    /// Up to where partitions were dealt with, where the brokers were not told yet.
    pub fn take_untold(&self) -> Vec<Next> {
        self.state().take_untold(|_| true)
    }

    /// Telling the brokers did not work.
    pub fn tell_again(&self, places: impl IntoIterator<Item = Place>) {
        let mut state = self.state();
        for place in places {
            if state.handled.contains_key(&place) {
                state.untold.insert(place);
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
            marks.insert(place_of(&delivery), Mark { assignment, next: delivery.offset + 1 });
            deliveries.push(delivery);
        }
        self.in_flight = Some(InFlight { since: Instant::now(), places: marks.keys().cloned().collect() });
        Some(Batch { deliveries, marks: Marks(marks) })
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

    fn forget_waiting(&mut self, places: &[Place]) {
        self.waiting.retain(|waiting| !places.contains(&place_of(&waiting.delivery)));
        self.bytes = self.waiting.iter().map(|waiting| bytes_of(&waiting.delivery)).sum();
    }

    fn take_untold(&mut self, which: impl Fn(&Place) -> bool) -> Vec<Next> {
        let places: Vec<Place> = self.untold.extract_if(|place| which(place)).collect();
        places.into_iter().filter_map(|place| self.handled.get(&place).map(|next| (place.clone(), *next))).collect()
    }
}

fn place_of(delivery: &Delivery) -> Place {
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
