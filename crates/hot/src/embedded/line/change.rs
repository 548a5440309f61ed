//! Changes to be journalled. A place is identified by the number that was given at entry, which is the queue number
//! unless that was drawn.

use super::slot::Slot;
use call::Entry;
use domain::line::{Entries, LineRule, QueueNumber, State};
use domain::{Network, Timestamp, UserId};
use std::sync::Arc;

/// One change in a line.
#[derive(Debug)]
pub(super) enum Change {
    /// Passes of an earlier line of this name are forgotten.
    ForgotPasses,
    /// The line was ended at this moment: the passes that live then are kept.
    Ended { at: Timestamp },
    /// The line was made, or its rule changed.
    Rule(Box<LineRule>),
    /// An operator's change: its entry for the audit log, in the transaction of the change.
    Audited(Box<Entry>),
    /// A user took the next number, as a position of this network.
    Entered { entry: QueueNumber, user: UserId, network: Option<Network> },
    /// A place's state changed.
    Became { entry: QueueNumber, state: State },
    /// The number was given up.
    Gone { entry: QueueNumber },
    /// The participants of the draw are settled.
    Closed { count: u32 },
    /// The list of the participants was published.
    Frozen(Arc<Entries>),
    /// The people who had come until then have their queue numbers by lot.
    Drawn { count: u32 },
}

/// A line's counters after a change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counters {
    pub numbers: u64,
    pub serving: u64,
    pub admitted: u64,
}

/// What one call changed in one line: kept as a whole, in the order of all records.
pub(super) struct Record {
    pub slot: Arc<Slot>,
    /// Grows by one with every record of the line.
    pub number: u64,
    pub counters: Counters,
    /// Empty for a caller that only waits until all earlier changes are durable.
    pub changes: Vec<Change>,
}
