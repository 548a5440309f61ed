//! The status of a person in a line, and the counts of a line.

use super::QueueNumber;
use super::place::{LineOutcome, Pass};

/// The status of a person in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStatus {
    /// In a line whose opening draw has not been held: there are no ranks yet.
    Drawing {
        /// The number in the draw, from 1, in order of entry.
        entry: QueueNumber,
        /// Whether this call gave it.
        is_new: bool,
    },
    /// In the line.
    Waiting {
        /// The place's number.
        number: QueueNumber,
        /// The position from 1: people in front, plus one.
        rank: u64,
        /// Whether this call took the place.
        is_new: bool,
        /// Whether this call took it for a person who came back too late for the old place. The rank may be worse then
        /// than one shown before.
        is_late: bool,
    },
    /// A request for the person is in process.
    Processing {
        /// The place's number.
        number: QueueNumber,
    },
    /// Has a live pass.
    Inside {
        /// The place's number.
        number: QueueNumber,
        /// The pass.
        pass: Pass,
    },
    /// The outcome is known.
    Finished {
        /// The place's number.
        number: QueueNumber,
        /// The outcome.
        outcome: LineOutcome,
    },
    /// Has no place.
    Absent,
    /// Has no place and cannot take one: the line is full.
    Full,
    /// Has no place and cannot take one: the line is closed.
    Closed,
    /// Has no place and cannot take one: the person's network has as many as the line gives to one.
    TooMany,
    /// There is no such line.
    NoLine,
}

/// The counts of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// People waiting and present.
    pub waiting: u64,
    /// People passed over, for want of a check-in, who are remembered.
    pub inactive: u64,
    /// Requests in process.
    pub processing: u64,
    /// Valid passes.
    pub inside: u64,
    /// People with an outcome that is remembered.
    pub finished: u64,
    /// Queue numbers given so far.
    pub numbers: u64,
    /// The highest queue number admitted; 0 for none.
    pub serving: u64,
    /// Admissions; a person who was put back counts again.
    pub admitted: u64,
    /// Ranges of queue numbers given up beyond `serving`, first and last.
    pub gone: Vec<(u64, u64)>,
    /// Entries that take part in the opening draw, settled at its closing; `None` before it, or without a draw.
    pub entrants: Option<u32>,
    /// Entries that took part in the opening draw; `None` before it, or without a draw.
    pub drawn: Option<u32>,
}
