//! Sending a request and reading its answer over one connection.

use super::engine::Engine;
use super::response::parse;
use super::script::{After, Loss, Moments, Script};
use super::slot::Stage;
use std::io::{ErrorKind, Read, Write};

/// How a look at a connection ended.
enum Reading {
    /// Nothing more to read for now.
    Drained,
    /// There may be more.
    Again,
    /// The connection is of no use any more.
    Ended(Loss),
    /// A whole answer came.
    Answered { after: After, keep_alive: bool, drained: bool, now_ns: u64 },
}

impl<S: Script> Engine<'_, S> {
    /// The poller says that something happened to a connection. It may speak of an earlier connection of the same
    /// place, so nothing is believed but what the system call says.
    pub(super) fn on_event(&mut self, slot: usize) {
        match self.slots[slot].stage {
            Stage::Connecting => self.finish_connect(slot),
            Stage::Asking => {
                if !self.slots[slot].unsent.is_empty() {
                    self.send_rest(slot);
                }
                self.receive(slot);
            }
            Stage::Resting | Stage::BackingOff => self.look_for_end(slot),
            Stage::Queued | Stage::Retired => {}
        }
    }

    fn finish_connect(&mut self, slot: usize) {
        let now_ns = self.now_ns();
        let Some(stream) = &self.slots[slot].stream else { return };
        if !matches!(stream.take_error(), Ok(None)) {
            return self.lose(slot, Loss::NotConnected, now_ns);
        }
        match stream.peer_addr() {
            Ok(_) => {
                self.connecting -= 1;
                self.send(slot, now_ns);
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => {}
            Err(_) => self.lose(slot, Loss::NotConnected, now_ns),
        }
    }

    /// Asks for the slot's present work, over a new connection if there is none.
    pub(super) fn ask(&mut self, slot: usize, now_ns: u64) {
        if self.slots[slot].stream.is_some() {
            self.send(slot, now_ns);
        } else {
            self.queue_connect(slot);
        }
    }

    fn send(&mut self, slot: usize, now_ns: u64) {
        self.out.clear();
        self.script.write(slot, &mut self.out);
        let place = &mut self.slots[slot];
        place.stage = Stage::Asking;
        place.attempt_ns = now_ns;
        place.since_ns.get_or_insert(now_ns);
        let Some(stream) = &mut place.stream else { return };
        match stream.write(&self.out) {
            Ok(sent) if sent == self.out.len() => {}
            Ok(sent) => place.unsent.extend_from_slice(&self.out[sent..]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                place.unsent.extend_from_slice(&self.out);
            }
            Err(_) => return self.lose(slot, Loss::Broken, now_ns),
        }
        if !self.slots[slot].unsent.is_empty() {
            self.send_rest(slot);
        }
    }

    /// Sends until everything is gone or the system takes no more.
    fn send_rest(&mut self, slot: usize) {
        let place = &mut self.slots[slot];
        let Some(stream) = &mut place.stream else { return };
        while !place.unsent.is_empty() {
            match stream.write(&place.unsent) {
                Ok(sent) => drop(place.unsent.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    let now_ns = self.now_ns();
                    return self.lose(slot, Loss::Broken, now_ns);
                }
            }
        }
    }

    fn receive(&mut self, slot: usize) {
        while self.slots[slot].stage == Stage::Asking {
            match self.read_once(slot) {
                Reading::Again => {}
                Reading::Drained => return,
                Reading::Ended(loss) => {
                    let now_ns = self.now_ns();
                    return self.lose(slot, loss, now_ns);
                }
                Reading::Answered { after, keep_alive, drained, now_ns } => {
                    if !keep_alive {
                        self.slots[slot].hang_up();
                    }
                    self.go_on(slot, after, now_ns);
                    if drained || !keep_alive {
                        return;
                    }
                }
            }
        }
    }

    fn go_on(&mut self, slot: usize, after: After, now_ns: u64) {
        match after {
            After::Free => self.take_work(slot, now_ns),
            After::Again(at_ns) => self.back_off(slot, at_ns),
        }
    }

    fn read_once(&mut self, slot: usize) -> Reading {
        let now_ns = || self.start.elapsed().as_nanos() as u64;
        let place = &mut self.slots[slot];
        let Some(stream) = &mut place.stream else { return Reading::Drained };
        let read_bytes = match stream.read(&mut self.scratch) {
            Ok(0) => return Reading::Ended(Loss::Broken),
            Ok(read_bytes) => read_bytes,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Reading::Drained,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Reading::Again,
            Err(_) => return Reading::Ended(Loss::Broken),
        };
        // A short read has emptied the socket: the poller tells of what comes later (epoll(7), question 9).
        let drained = read_bytes < self.scratch.len();
        let fresh = &self.scratch[..read_bytes];
        let joins = !place.unread.is_empty();
        if joins {
            place.unread.extend_from_slice(fresh);
        }
        let bytes = if joins { &place.unread[..] } else { fresh };
        match parse(bytes, self.limits.body_bytes_max, &mut self.joined) {
            Ok(Some((answer, taken))) if taken == bytes.len() => {
                let now_ns = now_ns();
                let moments = Moments { since_ns: place.since_ns.unwrap_or(now_ns), now_ns };
                let after = self.script.answered(slot, &answer, moments);
                let keep_alive = answer.keep_alive && place.unsent.is_empty();
                place.unread.clear();
                Reading::Answered { after, keep_alive, drained, now_ns }
            }
            Ok(None) => {
                if !joins {
                    place.unread.extend_from_slice(fresh);
                }
                if drained { Reading::Drained } else { Reading::Again }
            }
            // One request, one answer: bytes beyond it belong to nobody.
            Ok(Some(_)) | Err(_) => Reading::Ended(Loss::Malformed),
        }
    }

    /// A connection without a request in flight has something to say: it is ending, or it talks nonsense.
    fn look_for_end(&mut self, slot: usize) {
        let place = &mut self.slots[slot];
        let Some(stream) = &mut place.stream else { return };
        match stream.read(&mut self.scratch) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            _ => place.hang_up(),
        }
    }
}
