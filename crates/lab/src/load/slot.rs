//! One connection and the work it carries.

use mio::net::TcpStream;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No work.
    Resting,
    /// Has work, waits for its turn to connect.
    Queued,
    /// Connecting.
    Connecting,
    /// The request is on its way.
    Asking,
    /// Has work that must not be asked again yet.
    BackingOff,
    /// No work will come.
    Retired,
}

/// A place for one connection. The connection itself may come and go.
pub(super) struct Slot {
    pub(super) stream: Option<TcpStream>,
    pub(super) stage: Stage,
    /// From when the latency of the present work counts; none until it is first sent.
    pub(super) since_ns: Option<u64>,
    /// When the present attempt began, for its time limit.
    pub(super) attempt_ns: u64,
    /// The beginning of an answer that is not whole yet.
    pub(super) unread: Vec<u8>,
    /// The end of a request that the system has not taken yet.
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

    /// Gives the connection up, and what was half read or half written.
    pub(super) fn hang_up(&mut self) {
        self.stream = None;
        self.unread.clear();
        self.unsent.clear();
    }
}
