//! What people and operators are told.

use super::place::{LineOutcome, Pass};

/// How a person stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStatus {
    /// In a line whose opening draw is to come: there are no ranks yet.
    Drawing {
        /// The number with which the person takes part, from 1, in order of entry.
        entry: u64,
        /// It was given just now.
        is_new: bool,
    },
    /// In the line.
    Waiting {
        /// The place's number.
        ticket: u64,
        /// From 1: how many go first, and this one.
        rank: u64,
        /// The place was taken just now.
        is_new: bool,
    },
    /// Somebody does the work.
    Processing {
        /// The place's number.
        ticket: u64,
    },
    /// Has a live pass.
    Inside {
        /// The place's number.
        ticket: u64,
        /// The pass.
        pass: Pass,
    },
    /// It is decided.
    Finished {
        /// The place's number.
        ticket: u64,
        /// What came of it.
        outcome: LineOutcome,
    },
    /// Has no place.
    Absent,
    /// Has no place and can take none: too many wait.
    Full,
    /// Has no place and can take none: nobody enters any more.
    Closed,
    /// There is no such line.
    NoLine,
}

/// A line's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// In the line and there.
    pub waiting: u64,
    /// Passed over.
    pub inactive: u64,
    /// Being dealt with.
    pub processing: u64,
    /// Live passes.
    pub inside: u64,
    /// Decided.
    pub finished: u64,
    /// Tickets given so far.
    pub tickets: u64,
    /// The highest ticket admitted; 0 for none.
    pub serving: u64,
    /// Admissions, those of people put back again counted again.
    pub admitted: u64,
    /// Ranges of tickets given up beyond `serving`, first and last.
    pub gone: Vec<(u64, u64)>,
    /// Entries that took part in the opening draw; none before it, or where there is none.
    pub drawn: Option<u32>,
}
