//! Sends a request and reads its response over one connection.

use super::engine::Engine;
use super::response::parse;
use super::script::{After, Loss, Moments, Script};
use super::slot::Stage;
use std::io::{ErrorKind, Read, Write};

/// The result of reading a connection.
enum Reading {
    /// Nothing more to read now.
    Drained,
    /// There may be more to read.
    Again,
    /// The connection is unusable.
    Ended(Loss),
    /// A complete response arrived.
    Answered { after: After, keep_alive: bool, drained: bool, now_ns: u64 },
}

impl<S: Script> Engine<'_, S> {
    /// Handles an event of the poller. The event may belong to an earlier connection of this slot, so only the result of the
    /// system call counts.
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

    /// Sends the slot's current request, over a new connection if there is none.
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

    /// Writes until everything is sent or the system accepts no more.
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
        // A short read has emptied the socket; the poller reports later bytes (epoll(7), question 9).
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
            // One request has one response; further bytes are an error.
            Ok(Some(_)) | Err(_) => Reading::Ended(Loss::Malformed),
        }
    }

    /// Handles bytes or the end of a connection without a request in flight.
    fn look_for_end(&mut self, slot: usize) {
        let place = &mut self.slots[slot];
        let Some(stream) = &mut place.stream else { return };
        match stream.read(&mut self.scratch) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            _ => place.hang_up(),
        }
    }
}
