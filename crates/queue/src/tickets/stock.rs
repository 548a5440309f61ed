//! How many seats are free behind a line, and how many of those inside still look for some (QUEUE-013): from reservation, a
//! second old. The same question shows whether reservation can take more.

use access::{Peer, PeerReply};
use clock::now;
use domain::ScheduleId;
use domain::line::{LineId, Stock, Strain};
use hot::line::{Clock, LinePort};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long figures are shown without asking again, in milliseconds.
const FRESH_MS: i64 = 1_000;
/// How long they are shown while new ones are on their way, or reservation is away, in milliseconds.
const KEPT_MS: i64 = 10_000;
/// Longest wait of a person for the first figures.
const PATIENCE: Duration = Duration::from_millis(300);
/// Longest wait for an answer: what is slower is strain by far.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);
/// Most schedules in memory. Beyond it those that nobody asks for are forgotten.
const SCHEDULES_MAX: usize = 10_000;
/// A payment that nobody has: asking for it shows whether payment answers.
const NO_PAYMENT: &str = "/internal/payments/00000000-0000-0000-0000-000000000000";

/// What was found behind a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    /// The stock.
    pub stock: Stock,
    /// People with a live pass.
    pub inside: u64,
    at_ms: i64,
}

#[derive(Default)]
struct Slot {
    last: Option<Figures>,
    /// When reservation was asked last: one asks in a second.
    asked_at_ms: Option<i64>,
}

/// Whether that was less than so many milliseconds ago. A moment to come is from a clock that was set back since.
fn is_within(at_ms: i64, ms: i64) -> bool {
    (0..ms).contains(&(now().millis() - at_ms))
}

/// Reservation's answer.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Found {
    #[serde(flatten)]
    pub stock: Stock,
    /// Seats that are not sold: free, or in payment; none where it is not told.
    #[serde(default)]
    pub left: Option<u64>,
}

/// A look at reservation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// What is behind the line; none where reservation does not say.
    pub found: Option<Found>,
    /// What the answer says of reservation itself.
    pub strain: Strain,
}

/// The stocks of all schedules. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub(super) struct Stocks {
    reservation: Option<Peer>,
    payment: Option<Peer>,
    port: Arc<dyn LinePort>,
    pass_ttl_ms: u32,
    slots: Arc<Mutex<HashMap<ScheduleId, Slot>>>,
}

/// An answer, and how long it took.
async fn timed(peer: &Peer, path: &str) -> (Option<PeerReply>, Strain) {
    let begun = Instant::now();
    let reply = tokio::time::timeout(LOOK_TIMEOUT, peer.get(path)).await.ok().and_then(|reply| {
        reply.inspect_err(|away| tracing::warn!(%away, "admission slows: a role behind the lines does not answer")).ok()
    });
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let strain = Strain::of(reply.is_some().then_some(took_ms));
    (reply, strain)
}

impl Stocks {
    pub(super) fn new(
        reservation: Option<Peer>,
        payment: Option<Peer>,
        port: Arc<dyn LinePort>,
        pass_ttl_ms: u32,
    ) -> Self {
        Self { reservation, payment, port, pass_ttl_ms, slots: Arc::default() }
    }

    /// Whether anybody can be asked.
    pub(super) fn is_known_to_anybody(&self) -> bool {
        self.reservation.is_some()
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<ScheduleId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks reservation now.
    pub(super) async fn look(&self, schedule: ScheduleId) -> Option<Look> {
        let peer = self.reservation.as_ref()?;
        let path = format!("/internal/reservations/stock/{schedule}?withinMs={}", self.pass_ttl_ms);
        let (reply, strain) = timed(peer, &path).await;
        let found = reply.filter(|reply| reply.status.is_success()).and_then(|reply| reply.read::<Found>().ok());
        Some(Look { found, strain })
    }

    /// Asks payment now whether it answers.
    pub(super) async fn look_at_payment(&self) -> Option<Strain> {
        Some(timed(self.payment.as_ref()?, NO_PAYMENT).await.1)
    }

    /// Notes what a look has found.
    pub(super) fn note(&self, schedule: ScheduleId, stock: Stock, inside: u64) -> Figures {
        let figures = Figures { stock, inside, at_ms: now().millis() };
        let mut slots = self.slots();
        if slots.len() >= SCHEDULES_MAX {
            slots.retain(|_, slot| slot.asked_at_ms.is_some_and(|at_ms| is_within(at_ms, KEPT_MS)));
        }
        *slots.entry(schedule).or_default() = Slot { last: Some(figures), asked_at_ms: Some(figures.at_ms) };
        figures
    }

    /// What is known, a second old where reservation answers. The first who asks waits a moment; after that nobody does.
    pub(super) async fn known(&self, schedule: ScheduleId) -> Option<Figures> {
        if !self.is_known_to_anybody() {
            return None;
        }
        let last = {
            let mut slots = self.slots();
            let slot = slots.entry(schedule).or_default();
            let last = slot.last.filter(|last| is_within(last.at_ms, KEPT_MS));
            if slot.asked_at_ms.is_some_and(|at_ms| is_within(at_ms, FRESH_MS)) {
                return last;
            }
            slot.asked_at_ms = Some(now().millis());
            last
        };
        let stocks = self.clone();
        let loading = tokio::spawn(async move { stocks.load(schedule).await });
        match last {
            Some(last) => Some(last),
            None => tokio::time::timeout(PATIENCE, loading).await.ok()?.ok().flatten(),
        }
    }

    async fn load(&self, schedule: ScheduleId) -> Option<Figures> {
        let look = self.look(schedule).await;
        let counts = self.port.counts(&LineId::of_schedule(schedule), 0, Clock::Engine).await;
        // Without an answer what was known stays until it is old.
        let stock = look.and_then(|look| look.found)?.stock;
        Some(self.note(schedule, stock, counts.ok()?.map_or(0, |counts| counts.inside)))
    }
}
