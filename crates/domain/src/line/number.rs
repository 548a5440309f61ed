//! The number of a place in a line.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The number that a person drew in a line, counted from 1 and given once: in order of entry, or by lot in the opening
/// draw.
///
/// Before an opening draw it is the person's entry number. On the wire, in journals and in Redis it is called `ticket`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueueNumber(pub u64);

impl QueueNumber {
    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl From<u64> for QueueNumber {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for QueueNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
