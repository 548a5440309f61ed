//! One connection and its work.

use mio::net::TcpStream;

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No work.
    Resting,
    /// Has work, and waits to connect.
    Queued,
    /// Connecting.
    Connecting,
    /// The request is in flight.
    Asking,
    /// Has work, and waits before the retry.
    BackingOff,
    /// There is no more work.
    Retired,
}

/// The slot of one connection at a time.
pub(super) struct Slot {
    pub(super) stream: Option<TcpStream>,
    pub(super) stage: Stage,
    /// Start of the latency of the current work; `None` until it is first sent.
    pub(super) since_ns: Option<u64>,
    /// Start of the current attempt, for its time limit.
    pub(super) attempt_ns: u64,
    /// The beginning of an incomplete response.
    pub(super) unread: Vec<u8>,
    /// The unsent end of a request.
    pub(super) unsent: Vec<u8>,
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            stream: None,
            stage: Stage::Resting,
            since_ns: None,
            attempt_ns: 0,
            unread: Vec::new(),
            unsent: Vec::new(),
        }
    }

    /// Closes the connection and drops partial input and output.
    pub(super) fn hang_up(&mut self) {
        self.stream = None;
        self.unread.clear();
        self.unsent.clear();
    }
}
