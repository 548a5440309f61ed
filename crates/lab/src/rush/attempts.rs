//! Asking again: a person's request is repeated until it has an answer, or the person gives up (FCFS-012).

use super::answer::Refused;
use super::backoff::{ATTEMPTS_MAX, wait_ms};
use super::shared::Live;
use super::tally::Tally;
use crate::load::Loss;
use std::sync::atomic::Ordering;

pub(super) const NS_PER_MS: u64 = 1_000_000;

/// How often a connection's present request has been tried.
#[derive(Clone, Copy, Default)]
struct Attempt {
    /// Attempts that were sent and brought no decision.
    tried: u32,
    /// Failures to connect since the last attempt.
    unconnected: u32,
    /// Whether an earlier attempt may have been decided without our hearing of it.
    uncertain: bool,
}

/// The present requests of one thread's connections.
pub(super) struct Attempts {
    retry: bool,
    slots: Vec<Attempt>,
    random: fastrand::Rng,
}

impl Attempts {
    /// `retry`: whether anybody asks again at all.
    pub(super) fn new(retry: bool, connections: usize) -> Self {
        Self { retry, slots: vec![Attempt::default(); connections], random: fastrand::Rng::new() }
    }

    /// A connection takes up a new request.
    pub(super) fn begin(&mut self, slot: usize) {
        self.slots[slot] = Attempt::default();
    }

    /// It is sent.
    pub(super) fn sent(&mut self, slot: usize) {
        self.slots[slot].unconnected = 0;
    }

    /// Whether an earlier attempt of it may have been decided without our hearing of it.
    pub(super) fn is_uncertain(&self, slot: usize) -> bool {
        self.slots[slot].uncertain
    }

    /// The server gave no decision. When it is asked again, in nanoseconds; none when the person gives up.
    pub(super) fn refused(
        &mut self,
        slot: usize,
        refused: Refused,
        retry_after_seconds: Option<u32>,
        now_ns: u64,
        (tally, live): (&mut Tally, &Live),
    ) -> Option<u64> {
        let trouble = &mut tally.trouble;
        let (count, shown) = match refused {
            Refused::Limited => (&mut trouble.limited, &live.limited),
            Refused::Unavailable => (&mut trouble.unavailable, &live.troubles),
            Refused::Fault => (&mut trouble.faults, &live.troubles),
        };
        *count += 1;
        shown.fetch_add(1, Ordering::Relaxed);
        self.slots[slot].uncertain |= refused == Refused::Fault;
        self.later(slot, retry_after_seconds, now_ns, tally)
    }

    /// No answer came. As [`Attempts::refused`].
    pub(super) fn lost(
        &mut self,
        slot: usize,
        loss: Loss,
        now_ns: u64,
        (tally, live): (&mut Tally, &Live),
    ) -> Option<u64> {
        live.troubles.fetch_add(1, Ordering::Relaxed);
        let trouble = &mut tally.trouble;
        match loss {
            // Nothing was asked, so this is no attempt. The watch over the whole crowd ends it when it goes on.
            Loss::NotConnected if self.retry => {
                trouble.not_connected += 1;
                self.slots[slot].unconnected += 1;
                let wait_ms = wait_ms(self.slots[slot].unconnected, None, &mut self.random);
                return Some(now_ns + wait_ms * NS_PER_MS);
            }
            Loss::NotConnected => trouble.not_connected += 1,
            Loss::Broken => trouble.broken += 1,
            Loss::TimedOut => trouble.timed_out += 1,
            Loss::Malformed => trouble.malformed += 1,
        }
        self.slots[slot].uncertain = true;
        self.later(slot, None, now_ns, tally)
    }

    fn later(&mut self, slot: usize, retry_after_seconds: Option<u32>, now_ns: u64, tally: &mut Tally) -> Option<u64> {
        tally.troubled(now_ns);
        let attempt = &mut self.slots[slot];
        attempt.tried += 1;
        if !self.retry || attempt.tried >= ATTEMPTS_MAX {
            tally.gave_up += 1;
            return None;
        }
        tally.trouble.retries += 1;
        Some(now_ns + wait_ms(attempt.tried, retry_after_seconds, &mut self.random) * NS_PER_MS)
    }
}
