//! What a crowd does: the part of a load that is not about connections.

use super::response::Answer;

/// What a free connection does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It takes up new work. `due_ns`: the moment from which its latency counts, when that is not the first sending.
    Take {
        /// Nanoseconds since the start.
        due_ns: Option<u64>,
    },
    /// Nothing is due before this moment (nanoseconds since the start).
    Wait(u64),
    /// Nothing more will come.
    Finished,
}

/// What becomes of a connection's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It is settled; the connection is free.
    Free,
    /// It is asked again, not before this moment (nanoseconds since the start).
    Again(u64),
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Go,
    /// Leave at once; work in flight is abandoned.
    Stop,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The connection could not be made: nothing was sent.
    NotConnected,
    /// The connection ended before the whole answer was there: the request's fate is unknown.
    Broken,
    /// No whole answer in time: the request's fate is unknown.
    TimedOut,
    /// What came was not an HTTP answer.
    Malformed,
}

/// The moments of one request, in nanoseconds since the start.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    /// Latency counts from here: when the work was due, or first sent.
    pub since_ns: u64,
    /// The whole answer was there.
    pub now_ns: u64,
}

/// The work behind the connections of one thread. `slot` numbers the connections from 0.
///
/// A connection carries one piece of work at a time, until that is settled.
pub trait Script {
    /// Chooses the next work of a free connection.
    fn next(&mut self, slot: usize, now_ns: u64) -> Next;

    /// Appends the request of the slot's present work to `out`, which is empty. Called again for each attempt.
    fn write(&mut self, slot: usize, out: &mut Vec<u8>);

    /// A whole answer came.
    fn answered(&mut self, slot: usize, answer: &Answer<'_>, moments: Moments) -> After;

    /// No answer came.
    fn lost(&mut self, slot: usize, loss: Loss, now_ns: u64) -> After;

    /// Called every few milliseconds, and after every round of answers at the latest.
    fn tick(&mut self, now_ns: u64) -> Flow;
}
