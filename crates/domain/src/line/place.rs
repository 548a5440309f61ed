//! A person's place in a line.

use super::QueueNumber;
use crate::id::PassId;
use crate::time::Timestamp;

/// What lets an admitted person go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// `qr_` and this, in lower case, on the wire (QUEUE-003).
    pub id: PassId,
    /// The moment of admission, from which the longest life by use is counted.
    pub since: Timestamp,
    /// The moment from which on it is expired.
    pub until: Timestamp,
}

impl Pass {
    /// Whether it is valid at `now`.
    pub fn lives_at(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

/// The outcome for an admitted person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// The person got a coupon.
    Issued,
    /// No coupon was left.
    SoldOut,
}

/// The state of a person in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In the line.
    Waiting,
    /// Passed over, for want of a check-in; first in line after the next check-in.
    Inactive,
    /// A request for the person is in process.
    Processing {
        /// Since this moment.
        since: Timestamp,
    },
    /// Has a pass, which may have expired.
    Inside(Pass),
    /// The outcome is known.
    Finished(LineOutcome),
}

/// A person's place in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number, from 1, in order of entry.
    pub number: QueueNumber,
    /// The state of the person.
    pub state: State,
    /// The last check-in.
    pub heard_at: Timestamp,
    /// The best rank that was shown.
    pub shown: u64,
}

impl Place {
    pub(super) fn new(number: QueueNumber, rank: u64, now: Timestamp) -> Self {
        Self { number, state: State::Waiting, heard_at: now, shown: rank }
    }
}
