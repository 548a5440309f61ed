//! A person's place in a line.

use super::QueueNumber;
use crate::id::PassId;
use crate::network::Network;
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
    /// Passed over, for want of a check-in. A check-in in time gives the place back, a late one a new place at the end.
    Inactive,
    /// In the line again at the old place, after having been passed over.
    Returned,
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
    /// The network whose position this is, while the person is in the line or was passed over; `None` where it is not
    /// known.
    pub network: Option<Network>,
    /// Under which moment the place stands among those to be looked at ([`super::presence`]).
    pub(super) filed_at: Timestamp,
}

impl Place {
    pub(super) fn new(number: QueueNumber, rank: u64, network: Option<Network>, now: Timestamp) -> Self {
        Self { number, state: State::Waiting, heard_at: now, shown: rank, network, filed_at: now }
    }
}
