//! A person's place.

use crate::time::Timestamp;
use uuid::Uuid;

/// What lets an admitted person go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// `qr_` and this, in lower case, on the wire (QUEUE-003).
    pub id: Uuid,
    /// It does not live at this moment any more.
    pub until: Timestamp,
}

impl Pass {
    /// Whether it lives.
    pub fn lives_at(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

/// What came of it for someone who was admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// Got one.
    Issued,
    /// There was none left.
    SoldOut,
}

/// Where someone is on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In the line.
    Waiting,
    /// Was passed over, not having been heard of; stands first when heard of again.
    Inactive,
    /// Somebody does the work.
    Processing {
        /// From then on.
        since: Timestamp,
    },
    /// Has a pass, which may have run out.
    Inside(Pass),
    /// It is decided.
    Finished(LineOutcome),
}

/// A person's place in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number, from 1, in order of entry.
    pub ticket: u64,
    /// Where the person is on the way.
    pub state: State,
    /// When the person was last heard of.
    pub heard_at: Timestamp,
    /// The best rank that was shown.
    pub shown: u64,
}

impl Place {
    pub(super) fn new(ticket: u64, rank: u64, now: Timestamp) -> Self {
        Self { ticket, state: State::Waiting, heard_at: now, shown: rank }
    }
}
