//! The open connections of one server: how many there are, whose they are, and which of them may end when all are in use.
//!
//! ```text
//! accept -> admit: room?                      yes -> a place
//!                  no, but a silent one? end it -> a place
//!                  no: a place of the reserve (health and operators), else 503
//! ```

use super::acceptor::Refused;
use crate::network::Network;
use crate::shares::{Share, Shares};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;

/// Most connections that are ended together when the server is full, as the search looks at all of them; fewer in a
/// small server.
const EVICTED_AT_ONCE_MAX: usize = 64;
/// One place in this many is made free together.
const EVICTED_SHARE: usize = 16;
/// After a search that found nothing, the next one waits for so long.
const SEARCH_PAUSE: Duration = Duration::from_millis(10);

/// The connection does something: it must not be ended.
const BUSY: u64 = 0;
/// The connection has lost its place and ends.
const EVICTED: u64 = u64::MAX;

/// What a connection waits for. The first kinds end first when the server is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rest {
    /// It has never sent a byte.
    Silent = 1,
    /// It has sent a part of a request.
    Partial = 2,
    /// It has been answered and has sent nothing since.
    Idle = 3,
}

/// A place of one connection, given back when it is dropped.
pub(super) struct Place {
    entry: Arc<Entry>,
    table: Arc<ConnectionTable>,
    _share: Option<Share>,
}

struct Entry {
    number: u64,
    /// [`BUSY`], [`EVICTED`], or the kind of [`Rest`] above the milliseconds at which it began.
    state: AtomicU64,
    /// Ends the connection's task.
    task: OnceLock<AbortHandle>,
    /// Whether this connection may be ended. Those of proxies may not: a request may be on its way on them.
    may_be_evicted: bool,
    /// Whether only requests of the reserve are answered.
    is_reserved: bool,
}

/// The connections of one server.
pub(super) struct ConnectionTable {
    started: Instant,
    /// Places for all; the reserve is above them.
    ordinary: usize,
    max: usize,
    open: AtomicUsize,
    entries: Mutex<Entries>,
    shares: Shares,
}

#[derive(Default)]
struct Entries {
    next_number: u64,
    all: HashMap<u64, Arc<Entry>>,
    /// No search before this.
    search_at: Option<Instant>,
}

impl ConnectionTable {
    /// At most `max` connections, the last `reserved` of them for the reserve, and at most the share of a network.
    pub fn new(max: usize, reserved: usize, per_network_max: usize) -> Self {
        Self {
            started: Instant::now(),
            ordinary: max.saturating_sub(reserved),
            max,
            open: AtomicUsize::new(0),
            entries: Mutex::default(),
            shares: Shares::new(per_network_max),
        }
    }

    /// Connections open now.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// A place for a new connection. `network`: its holder; none for a proxy.
    pub fn admit(self: &Arc<Self>, network: Option<Network>) -> Result<Place, Refused> {
        let share = match network {
            Some(network) => Some(self.shares.take(network).ok_or(Refused::NetworkFull)?),
            None => None,
        };
        if self.open() >= self.ordinary {
            self.end_silent_ones();
        }
        let open = self.open.fetch_add(1, Ordering::Relaxed);
        if open >= self.max {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return Err(Refused::ServerFull);
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.next_number += 1;
        let entry = Arc::new(Entry {
            number: entries.next_number,
            state: AtomicU64::new(self.resting(Rest::Silent)),
            task: OnceLock::new(),
            may_be_evicted: network.is_some(),
            is_reserved: open >= self.ordinary,
        });
        entries.all.insert(entry.number, entry.clone());
        Ok(Place { entry, table: self.clone(), _share: share })
    }

    /// Ends connections that wait for their peer: the silent ones first, then those that have waited longest. Returns
    /// whether there was one.
    pub fn end_silent_ones(&self) -> bool {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if entries.search_at.is_some_and(|at| now < at) {
            return false;
        }
        let mut resting: Vec<(u64, &Arc<Entry>)> = entries
            .all
            .values()
            .filter(|entry| entry.may_be_evicted)
            .map(|entry| (entry.state.load(Ordering::Relaxed), entry))
            .filter(|(state, _)| !matches!(*state, BUSY | EVICTED))
            .collect();
        let at_once = (self.ordinary / EVICTED_SHARE).clamp(1, EVICTED_AT_ONCE_MAX);
        let last = at_once.min(resting.len());
        if last > 0 && last < resting.len() {
            resting.select_nth_unstable_by_key(last - 1, |(state, _)| *state);
        }
        let ended = resting[..last].iter().filter(|(state, entry)| self.evict(*state, entry)).count();
        entries.search_at = (ended == 0).then(|| now + SEARCH_PAUSE);
        ended > 0
    }

    /// Ends the connection unless it has begun to do something since it was looked at.
    fn evict(&self, state: u64, entry: &Entry) -> bool {
        if entry.state.compare_exchange(state, EVICTED, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        // Its place is free from now on. The task only has to be dropped.
        self.open.fetch_sub(1, Ordering::Relaxed);
        if let Some(task) = entry.task.get() {
            task.abort();
        }
        metrics::counter!("onsale_http_evicted_connections_total").increment(1);
        true
    }

    fn resting(&self, kind: Rest) -> u64 {
        let now_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        ((kind as u64) << 56) | (now_ms & ((1 << 56) - 1))
    }
}

impl Place {
    /// The task that serves the connection.
    pub fn served_by(entry: &PlaceHandle, task: AbortHandle) {
        let task = entry.0.task.get_or_init(|| task);
        // It may have lost its place before there was a task to end.
        if entry.0.state.load(Ordering::Acquire) == EVICTED {
            task.abort();
        }
    }

    /// For [`Place::served_by`], when the place itself has moved into the task.
    pub fn handle(&self) -> PlaceHandle {
        PlaceHandle(self.entry.clone())
    }

    /// Whether only health and operators are answered on this connection.
    pub fn is_reserved(&self) -> bool {
        self.entry.is_reserved
    }

    /// The connection waits for its peer from now on.
    pub fn rest(&self, kind: Rest) {
        let _ = self.change(self.table.resting(kind));
    }

    /// The peer has sent something. False when the connection has lost its place: nothing of it may be done.
    #[must_use]
    pub fn wake(&self) -> bool {
        self.change(BUSY)
    }

    fn change(&self, state: u64) -> bool {
        let current = self.entry.state.load(Ordering::Relaxed);
        current != EVICTED
            && self.entry.state.compare_exchange(current, state, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

/// Names a place without holding it.
pub(super) struct PlaceHandle(Arc<Entry>);

impl Drop for Place {
    fn drop(&mut self) {
        let mut entries = self.table.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.all.remove(&self.entry.number);
        // An evicted connection has given its place back already.
        if self.entry.state.swap(EVICTED, Ordering::AcqRel) != EVICTED {
            self.table.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::NetworkPrefixes;

    fn network(last: u8) -> Option<Network> {
        Some(NetworkPrefixes::default().network([203, 0, 113, last].into()))
    }

    fn table(max: usize, reserved: usize, per_network: usize) -> Arc<ConnectionTable> {
        Arc::new(ConnectionTable::new(max, reserved, per_network))
    }

    #[test]
    fn a_network_takes_its_share_and_no_more() {
        let table = table(10, 0, 2);
        let _held: Vec<_> = (0..2).map(|_| table.admit(network(1)).expect("admitted")).collect();
        assert_eq!(table.admit(network(1)).err(), Some(Refused::NetworkFull));
        assert!(table.admit(network(2)).is_ok());
        assert_eq!(table.open(), 2, "what was dropped and what was refused hold nothing");
    }

    #[test]
    fn silent_connections_end_first_when_all_places_are_taken() {
        let table = table(3, 0, 0);
        let (silent, idle, busy) = (table.admit(network(1)), table.admit(network(1)), table.admit(network(1)));
        let (silent, idle, busy) = (silent.expect("one"), idle.expect("two"), busy.expect("three"));
        idle.rest(Rest::Idle);
        assert!(busy.wake());
        let fourth = table.admit(network(2)).expect("a place was made");
        assert!(fourth.wake() && busy.wake(), "what works goes on");
        assert!(!silent.wake(), "what is evicted is not served");
        drop((silent, idle));
        assert_eq!(table.open(), 2);
    }

    #[test]
    fn the_reserve_is_for_its_own_requests_and_bounded() {
        let table = table(4, 2, 0);
        let places: Vec<_> = (0..4).map(|_| table.admit(network(1)).expect("admitted")).map(busy).collect();
        assert_eq!(places.iter().map(Place::is_reserved).collect::<Vec<_>>(), [false, false, true, true]);
        assert_eq!(table.admit(network(1)).err(), Some(Refused::ServerFull));
    }

    #[test]
    fn connections_of_proxies_are_never_evicted() {
        let table = table(1, 0, 1);
        let pooled = table.admit(None).expect("admitted");
        pooled.rest(Rest::Idle);
        assert_eq!(table.admit(network(1)).err(), Some(Refused::ServerFull));
        assert!(pooled.wake());
    }

    fn busy(place: Place) -> Place {
        assert!(place.wake());
        place
    }
}
