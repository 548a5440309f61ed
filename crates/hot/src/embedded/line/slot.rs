//! One line in memory, and how far the journal is behind it.

use super::journal::StoredLine;
use domain::line::{Line, LineId, LineStatus, QueueNumber};
use domain::{Timestamp, UserId};
use hashbrown::{DefaultHashBuilder, HashMap};
use std::collections::{BTreeSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Before every moment: a pass lives then, whenever it ends.
const ALWAYS: Timestamp = Timestamp(i64::MIN);

/// One line.
pub(super) struct Slot {
    /// Its row in the journal.
    pub id: i64,
    /// Its name.
    pub name: LineId,
    /// The last record that is on the disk.
    kept: AtomicU64,
    state: Mutex<State>,
}

/// The state that one call at a time may change.
pub(super) struct State {
    pub line: Line,
    /// Passes by their end, as the line has them: it forgets the dead without saying whose they were.
    pub passes: BTreeSet<(i64, QueueNumber)>,
    /// The last record that was handed to the writer.
    pub recorded: u64,
    /// The record of the last change of rule.
    pub rule_recorded: u64,
    /// The record of the draw, from which every drawn queue number follows.
    pub draw_recorded: u64,
    /// Whether the line was ended: whoever still holds it finds no line.
    pub has_ended: bool,
    unsettled: Unsettled,
}

impl Slot {
    /// A new line.
    pub fn new(id: i64, name: LineId, line: Line) -> Self {
        let state = State {
            passes: line.passes().collect(),
            line,
            recorded: 0,
            rule_recorded: 0,
            draw_recorded: 0,
            has_ended: false,
            unsettled: Unsettled::default(),
        };
        Self { id, name, kept: AtomicU64::new(0), state: Mutex::new(state) }
    }

    /// A line from the journal: that is its first record.
    pub fn stored(stored: StoredLine) -> Self {
        let mut slot = Self::new(stored.id, stored.name, stored.line);
        *slot.kept.get_mut() = 1;
        let state = slot.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        (state.recorded, state.rule_recorded) = (1, 1);
        slot
    }

    /// Everything up to this record is on the disk.
    pub fn keep(&self, record: u64) {
        self.kept.fetch_max(record, Ordering::Release);
    }

    /// Whether this record is on the disk.
    pub fn is_kept(&self, record: u64) -> bool {
        record <= self.kept.load(Ordering::Acquire)
    }

    /// The line, for one call.
    pub fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.unsettled.forget_through(self.kept.load(Ordering::Acquire));
        state
    }
}

impl State {
    /// The status of a person, expired passes included.
    pub fn place(&self, user: &UserId) -> LineStatus {
        self.line.glance(user, ALWAYS)
    }

    /// The last record that changed the person's place; one that is on the disk, or 0, when nothing is pending.
    pub fn unsettled(&self, user: &UserId) -> u64 {
        self.unsettled.record_of(user).max(self.draw_recorded)
    }

    /// Records that `record` changed the person's place.
    pub fn unsettle(&mut self, user: &UserId, record: u64) {
        self.unsettled.add(user, record);
    }
}

/// People whose last change the disk may not hold yet. 64 keyed bits stand for a name: after a collision, a caller waits
/// without need.
#[derive(Default)]
struct Unsettled {
    by_user: HashMap<u64, u64>,
    in_order: VecDeque<(u64, u64)>,
    hasher: DefaultHashBuilder,
}

impl Unsettled {
    fn record_of(&self, user: &UserId) -> u64 {
        if self.by_user.is_empty() {
            return 0;
        }
        self.by_user.get(&self.hasher.hash_one(user)).copied().unwrap_or(0)
    }

    fn add(&mut self, user: &UserId, record: u64) {
        let user = self.hasher.hash_one(user);
        self.by_user.insert(user, record);
        self.in_order.push_back((record, user));
    }

    fn forget_through(&mut self, kept: u64) {
        while let Some((record, user)) = self.in_order.pop_front_if(|(record, _)| *record <= kept) {
            if self.by_user.get(&user) == Some(&record) {
                self.by_user.remove(&user);
            }
        }
    }
}
