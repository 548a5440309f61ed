//! Retries: a user's request is repeated until it has a response, or until the user gives up (FCFS-012).

use super::answer::Refusal;
use super::backoff::{ATTEMPTS_MAX, wait_ms};
use super::shared::Live;
use super::tally::Tally;
use crate::load::Loss;
use std::sync::atomic::Ordering;

pub(super) const NS_PER_MS: u64 = 1_000_000;

/// The attempts of a connection's current request.
#[derive(Clone, Copy, Default)]
struct Attempt {
    /// Sent attempts without a decision.
    tried: u32,
    /// Failures to connect since the last attempt.
    unconnected: u32,
    /// Whether the server may have decided an earlier attempt whose response was lost.
    uncertain: bool,
}

/// The current requests of one thread's connections.
pub(super) struct Attempts {
    retry: bool,
    slots: Vec<Attempt>,
    random: fastrand::Rng,
}

impl Attempts {
    /// `retry`: whether requests are retried.
    pub(super) fn new(retry: bool, connections: usize) -> Self {
        Self { retry, slots: vec![Attempt::default(); connections], random: fastrand::Rng::new() }
    }

    /// Starts a new request on a connection.
    pub(super) fn begin(&mut self, slot: usize) {
        self.slots[slot] = Attempt::default();
    }

    /// Records that the request was sent.
    pub(super) fn sent(&mut self, slot: usize) {
        self.slots[slot].unconnected = 0;
    }

    /// Whether the server may have decided an earlier attempt whose response was lost.
    pub(super) fn is_uncertain(&self, slot: usize) -> bool {
        self.slots[slot].uncertain
    }

    /// Records a refusal. Returns the time of the retry in nanoseconds; `None` when the user gives up.
    pub(super) fn refused(
        &mut self,
        slot: usize,
        refused: Refusal,
        retry_after_seconds: Option<u32>,
        now_ns: u64,
        (tally, live): (&mut Tally, &Live),
    ) -> Option<u64> {
        let trouble = &mut tally.trouble;
        let (count, shown) = match refused {
            Refusal::Limited => (&mut trouble.limited, &live.limited),
            Refusal::Unavailable => (&mut trouble.unavailable, &live.troubles),
            Refusal::Fault => (&mut trouble.faults, &live.troubles),
        };
        *count += 1;
        shown.fetch_add(1, Ordering::Relaxed);
        self.slots[slot].uncertain |= refused == Refusal::Fault;
        self.later(slot, retry_after_seconds, now_ns, tally)
    }

    /// Records a lost response. Returns the same as [`Attempts::refused`].
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
            // Nothing was sent, so this is no attempt. The watchdog of the whole run stops it when it goes on.
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
