//! The crowd at a line: who does what next, over connections that everybody shares.
//!
//! ```text
//! Queue -> Look, Look, ... -> Ask -> decided          who follows the document: Queue -> Read, Read, ... -> Look
//! ```

use super::super::answer::{self, Heard, hear_with};
use super::super::attempts::{Attempts, NS_PER_MS};
use super::super::shared::Shared;
use super::agenda::Agenda;
use super::calls::Calls;
use super::latest::Latest;
use super::notes::Notes;
use super::options::CheckedLine;
use super::order::Order;
use super::person::{Person, Step};
use super::said;
use crate::load::{After, Answer, Flow, Loss, Moments, Next, Script, record_ns};
use std::sync::atomic::Ordering;

/// A connection without work looks again after this time at the latest.
const REST_NS: u64 = 50 * NS_PER_MS;
/// The crowd is one thread's: its people are compared with one another.
const THREAD: usize = 0;

/// What becomes of a person after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Comes back at that moment, in nanoseconds since the start.
    At(u64),
    /// Has nothing more to ask.
    Settled,
}

/// All people, and what they have heard.
pub(super) struct LineCrowd<'a> {
    shared: &'a Shared,
    pub(super) latest: &'a Latest,
    calls: Calls,
    pub(super) by_document: bool,
    poll_ms: u64,
    /// A place that was there so lately cannot have gone by itself.
    pub(super) place_ns: u64,
    pub(super) people: Vec<Person>,
    agenda: Agenda,
    pub(super) order: Order,
    /// The person on each connection.
    slots: Vec<u32>,
    attempts: Attempts,
    settled: u32,
    random: fastrand::Rng,
    pub(super) notes: Notes,
}

impl<'a> LineCrowd<'a> {
    /// `place_ms`: nobody's pass runs out in less.
    pub(super) fn new(
        options: &CheckedLine,
        calls: Calls,
        shared: &'a Shared,
        latest: &'a Latest,
        place_ms: u64,
    ) -> Self {
        let crowd = &options.crowd;
        Self {
            shared,
            latest,
            calls,
            by_document: options.by_document,
            poll_ms: options.poll_ms.into(),
            place_ns: place_ms * NS_PER_MS,
            people: (0..crowd.users).map(|user| Person::new(user, &options.shares)).collect(),
            agenda: Agenda::new(crowd.users, crowd.rate),
            order: Order::new(crowd.users),
            slots: vec![0; crowd.connections],
            attempts: Attempts::new(crowd.retry, crowd.connections),
            settled: 0,
            random: fastrand::Rng::new(),
            notes: Notes::new(crowd.users),
        }
    }

    pub(super) fn into_notes(self) -> Notes {
        self.notes
    }

    pub(super) fn person(&mut self, user: u32) -> &mut Person {
        &mut self.people[user as usize]
    }

    /// After so many pauses between two looks, each longer or shorter by up to a fifth.
    pub(super) fn after_polls(&mut self, polls: u64, now_ns: u64) -> Then {
        let ms = self.poll_ms * polls;
        Then::At(now_ns + self.random.u64(ms * 4 / 5..=ms * 6 / 5) * NS_PER_MS)
    }

    /// Somebody heard something that settles nothing.
    pub(super) fn count_step(&self) {
        self.shared.live(THREAD).steps.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_issued(&self) {
        self.shared.live(THREAD).issued.fetch_add(1, Ordering::Relaxed);
    }

    /// The person is about to ask.
    fn prepare(&mut self, user: u32, now_ns: u64) {
        let person = &mut self.people[user as usize];
        if person.came_ns == 0 {
            person.came_ns = now_ns;
        }
        if person.step == Step::Queue && person.is_new {
            person.is_new = false;
            person.turn = self.order.begin();
        }
        person.bound = self.order.bound(person.turn);
    }

    fn go_on(&mut self, user: u32, then: Then) -> After {
        match then {
            Then::At(at_ns) => self.agenda.put(user, at_ns),
            Then::Settled => {
                self.settled += 1;
                self.shared.live(THREAD).settled.fetch_add(1, Ordering::Relaxed);
            }
        }
        After::Free
    }

    /// No decision: asks again at that moment, or gives up.
    fn later(&mut self, user: u32, again_ns: Option<u64>) -> After {
        again_ns.map_or_else(|| self.go_on(user, Then::Settled), After::Again)
    }

    fn hear(&mut self, user: u32, slot: usize, answer: &Answer<'_>, moments: Moments) -> Heard<Then> {
        let (now_ns, is_uncertain) = (moments.now_ns, self.attempts.is_uncertain(slot));
        let latency_ns = now_ns.saturating_sub(moments.since_ns);
        match self.person(user).step {
            Step::Queue => {
                record_ns(&mut self.notes.entering_us, latency_ns);
                hear_with(answer, said::queued).map(|queued| self.queued(user, queued, is_uncertain, now_ns))
            }
            Step::Look => {
                record_ns(&mut self.notes.looking_us, latency_ns);
                hear_with(answer, said::standing).map(|standing| self.stood(user, standing, now_ns))
            }
            Step::Read => hear_with(answer, said::document).map(|document| {
                self.latest.put(document);
                self.read(user, now_ns)
            }),
            Step::Ask => hear_with(answer, said::result).map(|result| self.asked(user, result, is_uncertain, now_ns)),
            Step::CheatAtGate => hear_with(answer, said::result).map(|result| self.cheated(user, result, now_ns)),
            Step::CheatAtCoupons => answer::hear(answer).map(|(code, _)| self.cheated_at_coupons(user, code, now_ns)),
        }
    }
}

impl Script for LineCrowd<'_> {
    fn next(&mut self, slot: usize, now_ns: u64) -> Next {
        while let Some(user) = self.agenda.take(now_ns) {
            let person = self.person(user);
            if person.step == Step::Read && person.manners.streams && self.latest.is_streamed() {
                let then = self.read(user, now_ns);
                // Heard it over the stream: nothing to ask.
                self.go_on(user, then);
                continue;
            }
            self.slots[slot] = user;
            self.attempts.begin(slot);
            self.prepare(user, now_ns);
            return Next::Take { due_ns: None };
        }
        if self.settled as usize == self.people.len() {
            return Next::Finished;
        }
        let rest_ns = now_ns + REST_NS;
        Next::Wait(self.agenda.next_ns().map_or(rest_ns, |due_ns| due_ns.min(rest_ns)))
    }

    fn write(&mut self, slot: usize, out: &mut Vec<u8>) {
        self.attempts.sent(slot);
        let user = self.slots[slot];
        self.calls.write(self.people[user as usize].step, user, out);
    }

    fn answered(&mut self, slot: usize, answer: &Answer<'_>, moments: Moments) -> After {
        let user = self.slots[slot];
        match self.hear(user, slot, answer, moments) {
            Heard::Decision(then) => self.go_on(user, then),
            Heard::Refused(refused) => {
                let retry_after_seconds = answer.retry_after_seconds;
                let notes = (&mut self.notes.tally, self.shared.live(THREAD));
                let again_ns = self.attempts.refused(slot, refused, retry_after_seconds, moments.now_ns, notes);
                self.later(user, again_ns)
            }
            Heard::Hopeless(reason) => {
                self.shared.fail(format!("the server's answer is of no use: {reason}"));
                After::Free
            }
        }
    }

    fn lost(&mut self, slot: usize, loss: Loss, now_ns: u64) -> After {
        let notes = (&mut self.notes.tally, self.shared.live(THREAD));
        let again_ns = self.attempts.lost(slot, loss, now_ns, notes);
        self.later(self.slots[slot], again_ns)
    }

    fn tick(&mut self, _: u64) -> Flow {
        if self.shared.stopping() { Flow::Stop } else { Flow::Go }
    }
}
