//! The work of a load, without its connections.

use super::response::Answer;

/// The next step of a free connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// New work. `due_ns`: the start of its latency, if that is not the first sending.
    Take {
        /// Nanoseconds since the start.
        due_ns: Option<u64>,
    },
    /// No work is due before this time (nanoseconds since the start).
    Wait(u64),
    /// There is no more work.
    Finished,
}

/// The fate of a connection's work after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The work is done; the connection is free.
    Free,
    /// The request is retried, not before this time (nanoseconds since the start).
    Again(u64),
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Continue.
    Go,
    /// Stop at once; work in flight is abandoned.
    Stop,
}

/// The reason for a missing response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The connection failed; nothing was sent.
    NotConnected,
    /// The connection ended before the complete response; the outcome of the request is unknown.
    Broken,
    /// No complete response in time; the outcome of the request is unknown.
    TimedOut,
    /// The bytes were not an HTTP response.
    Malformed,
}

/// The times of one request, in nanoseconds since the start.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    /// Start of the latency: the due time, or the first sending.
    pub since_ns: u64,
    /// Arrival of the complete response.
    pub now_ns: u64,
}

/// The work behind the connections of one thread. `slot` numbers the connections from 0.
///
/// A connection carries one piece of work at a time, until it is done.
pub trait Script {
    /// Chooses the next work of a free connection.
    fn next(&mut self, slot: usize, now_ns: u64) -> Next;

    /// Appends the request of the slot's current work to the empty `out`. Called for each attempt.
    fn write(&mut self, slot: usize, out: &mut Vec<u8>);

    /// Handles a complete response.
    fn answered(&mut self, slot: usize, answer: &Answer<'_>, moments: Moments) -> After;

    /// Handles a missing response.
    fn lost(&mut self, slot: usize, loss: Loss, now_ns: u64) -> After;

    /// Called every few milliseconds, and at least after every round of responses.
    fn tick(&mut self, now_ns: u64) -> Flow;
}
