//! The event loop of one thread.

use super::alarm::Alarm;
use super::script::{After, Flow, Loss, Next, Script};
use super::slot::{Slot, Stage};
use mio::{Events, Interest, Poll, Token};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Maximum number of connections being opened at a time: the backlog of servers is short, and a full one costs a second.
const CONNECTS_AT_ONCE: usize = 256;
/// Maximum interval between calls of [`Script::tick`] and checks of time limits.
const TICK_NS: u64 = 20_000_000;
/// Bytes per read. A response has a few hundred.
const READ_BYTES: usize = 16 * 1024;
const ALARM: Token = Token(usize::MAX);

/// Limits of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time limit to connect, and from sending to the complete response.
    pub answer_timeout: Duration,
    /// Maximum body size of a response.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { answer_timeout: Duration::from_secs(10), body_bytes_max: 1024 * 1024 }
    }
}

/// Drives a [`Script`] over keep-alive connections on the calling thread.
pub struct Engine<'s, S> {
    pub(super) address: SocketAddr,
    pub(super) limits: Limits,
    pub(super) script: &'s mut S,
    pub(super) slots: Vec<Slot>,
    pub(super) poll: Poll,
    /// The bytes of the last read; nearly every response is parsed here without a copy.
    pub(super) scratch: Vec<u8>,
    pub(super) joined: Vec<u8>,
    pub(super) out: Vec<u8>,
    pub(super) connecting: usize,
    pub(super) start: Instant,
    /// Free connections without due work.
    idle: Vec<usize>,
    to_connect: VecDeque<usize>,
    backing_off: BinaryHeap<Reverse<(u64, usize)>>,
    alarm: Alarm,
    wake_ns: Option<u64>,
    retired: usize,
}

impl<'s, S: Script> Engine<'s, S> {
    /// Prepares `connections` connections to `address` without opening them. All times count from `start`.
    ///
    /// # Errors
    /// When the system refuses a poller.
    pub fn new(
        address: SocketAddr,
        connections: usize,
        limits: Limits,
        start: Instant,
        script: &'s mut S,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let alarm = Alarm::register(poll.registry(), ALARM)?;
        Ok(Self {
            address,
            limits,
            script,
            slots: (0..connections).map(|_| Slot::new()).collect(),
            poll,
            scratch: vec![0; READ_BYTES],
            joined: Vec::new(),
            out: Vec::with_capacity(1024),
            connecting: 0,
            start,
            idle: (0..connections).rev().collect(),
            to_connect: VecDeque::new(),
            backing_off: BinaryHeap::new(),
            alarm,
            wake_ns: Some(0),
            retired: 0,
        })
    }

    /// Runs until the script has no more work for any connection, or stops.
    ///
    /// # Errors
    /// When the poller fails. Failures of a connection go to the script instead.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut last_tick_ns = 0;
        while self.retired < self.slots.len() {
            let now_ns = self.now_ns();
            self.start_idle(now_ns);
            self.resume(now_ns);
            self.connect_queued();
            if now_ns >= last_tick_ns + TICK_NS {
                last_tick_ns = now_ns;
                self.end_overdue(now_ns);
            }
            if self.script.tick(now_ns) == Flow::Stop {
                break;
            }
            self.wait(&mut events)?;
            for event in &events {
                if event.token() != ALARM {
                    self.on_event(event.token().0);
                }
            }
        }
        Ok(())
    }

    pub(super) fn now_ns(&self) -> u64 {
        // 500 years fit into 64 bits.
        self.start.elapsed().as_nanos() as u64
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let now_ns = self.now_ns();
        if !self.idle.is_empty()
            && let Some(wake_ns) = self.wake_ns
        {
            self.alarm.ring_at(wake_ns, now_ns)?;
        }
        let next_resume_ns = self.backing_off.peek().map_or(u64::MAX, |Reverse((at_ns, _))| *at_ns);
        let wake_ns = if self.idle.is_empty() { u64::MAX } else { self.wake_ns.unwrap_or(u64::MAX) };
        let until_ns = next_resume_ns.min(wake_ns).min(now_ns + TICK_NS);
        let hurry = !self.to_connect.is_empty() && self.connecting < CONNECTS_AT_ONCE;
        let timeout_ns = if hurry { 0 } else { until_ns.saturating_sub(now_ns) };
        match self.poll.poll(events, Some(Duration::from_nanos(timeout_ns))) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }

    /// Gives due work to idle connections.
    fn start_idle(&mut self, now_ns: u64) {
        if self.wake_ns.is_some_and(|wake_ns| wake_ns > now_ns) {
            return;
        }
        self.wake_ns = None;
        while self.wake_ns.is_none() {
            let Some(slot) = self.idle.pop() else { return };
            self.take_work(slot, now_ns);
        }
    }

    pub(super) fn take_work(&mut self, slot: usize, now_ns: u64) {
        match self.script.next(slot, now_ns) {
            Next::Take { due_ns } => {
                self.slots[slot].since_ns = due_ns;
                self.ask(slot, now_ns);
            }
            Next::Wait(until_ns) => {
                self.slots[slot].stage = Stage::Resting;
                self.wake_ns = Some(self.wake_ns.map_or(until_ns, |wake_ns| wake_ns.min(until_ns)));
                self.idle.push(slot);
            }
            Next::Finished => {
                self.slots[slot].stage = Stage::Retired;
                self.slots[slot].hang_up();
                self.retired += 1;
            }
        }
    }

    /// Queues a connection that has work but no stream. Never connects at once: a failure must not recurse.
    pub(super) fn queue_connect(&mut self, slot: usize) {
        self.slots[slot].stage = Stage::Queued;
        self.to_connect.push_back(slot);
    }

    fn connect_queued(&mut self) {
        for _ in 0..self.to_connect.len() {
            if self.connecting >= CONNECTS_AT_ONCE {
                return;
            }
            let Some(slot) = self.to_connect.pop_front() else { return };
            let now_ns = self.now_ns();
            if let Err(_refused) = self.connect(slot, now_ns) {
                self.lose(slot, Loss::NotConnected, now_ns);
            }
        }
    }

    fn connect(&mut self, slot: usize, now_ns: u64) -> io::Result<()> {
        let mut stream = mio::net::TcpStream::connect(self.address)?;
        self.poll.registry().register(&mut stream, Token(slot), Interest::READABLE | Interest::WRITABLE)?;
        stream.set_nodelay(true)?;
        let place = &mut self.slots[slot];
        place.hang_up();
        place.stream = Some(stream);
        place.stage = Stage::Connecting;
        place.attempt_ns = now_ns;
        self.connecting += 1;
        Ok(())
    }

    /// Sends the due retries.
    fn resume(&mut self, now_ns: u64) {
        while let Some(Reverse((at_ns, slot))) = self.backing_off.peek().copied()
            && at_ns <= now_ns
        {
            self.backing_off.pop();
            self.ask(slot, now_ns);
        }
    }

    fn end_overdue(&mut self, now_ns: u64) {
        let limit_ns = self.limits.answer_timeout.as_nanos() as u64;
        for slot in 0..self.slots.len() {
            let place = &self.slots[slot];
            let overdue = place.attempt_ns.saturating_add(limit_ns) < now_ns;
            match place.stage {
                Stage::Connecting if overdue => self.lose(slot, Loss::NotConnected, now_ns),
                Stage::Asking if overdue => self.lose(slot, Loss::TimedOut, now_ns),
                _ => {}
            }
        }
    }

    /// Handles a lost connection; its work may continue.
    pub(super) fn lose(&mut self, slot: usize, loss: Loss, now_ns: u64) {
        if self.slots[slot].stage == Stage::Connecting {
            self.connecting -= 1;
        }
        self.slots[slot].hang_up();
        // The next work waits for the next round even if the lost work is dropped: a failing address must not recurse.
        match self.script.lost(slot, loss, now_ns) {
            After::Free => {
                self.slots[slot].stage = Stage::Resting;
                self.wake_ns = Some(now_ns);
                self.idle.push(slot);
            }
            After::Again(at_ns) => self.back_off(slot, at_ns),
        }
    }

    pub(super) fn back_off(&mut self, slot: usize, until_ns: u64) {
        self.slots[slot].stage = Stage::BackingOff;
        self.backing_off.push(Reverse((until_ns, slot)));
    }
}
