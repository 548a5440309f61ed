//! The users at a line: their next steps, over shared connections.
//!
//! ```text
//! Enqueue -> PollRank, PollRank, ... -> RequestCoupon -> decided
//! with the public document:  Enqueue -> ReadDocument, ReadDocument, ... -> PollRank -> ...
//! ```

use super::super::answer::{self, Interpretation, interpret};
use super::super::attempts::{Attempts, NS_PER_MS};
use super::super::shared::Shared;
use super::agenda::Agenda;
use super::calls::Calls;
use super::latest::Latest;
use super::notes::Notes;
use super::options::CheckedLineOptions;
use super::overtaking::Order;
use super::person::{Person, Step};
use super::replies;
use crate::load::{After, Answer, Flow, Loss, Moments, Next, Script, record_ns};
use std::sync::atomic::Ordering;

/// A connection without work checks for new work at this interval.
const REST_NS: u64 = 50 * NS_PER_MS;
/// One thread runs all users, because they are compared with one another.
const THREAD: usize = 0;

/// What a user does after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextAction {
    /// Sends the next request at this time, in nanoseconds since the start.
    At(u64),
    /// Is finished.
    Settled,
}

/// All users, and the observations so far.
pub(super) struct LineCrowd<'a> {
    shared: &'a Shared,
    pub(super) latest: &'a Latest,
    calls: Calls,
    pub(super) by_document: bool,
    poll_ms: u64,
    /// A place seen within this time cannot have expired.
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
    /// `place_ms`: the minimum lifetime of a pass.
    pub(super) fn new(
        options: &CheckedLineOptions,
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

    /// After this many polling intervals, jittered by up to a fifth.
    pub(super) fn after_polls(&mut self, polls: u64, now_ns: u64) -> NextAction {
        let ms = self.poll_ms * polls;
        NextAction::At(now_ns + self.random.u64(ms * 4 / 5..=ms * 6 / 5) * NS_PER_MS)
    }

    /// Counts a response without a final result.
    pub(super) fn count_step(&self) {
        self.shared.live(THREAD).steps.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_issued(&self) {
        self.shared.live(THREAD).issued.fetch_add(1, Ordering::Relaxed);
    }

    /// Prepares the user's next request.
    fn prepare(&mut self, user: u32, now_ns: u64) {
        let person = &mut self.people[user as usize];
        if person.came_ns == 0 {
            person.came_ns = now_ns;
        }
        if person.step == Step::Enqueue && person.is_new {
            person.is_new = false;
            person.turn = self.order.begin();
        }
        person.bound = self.order.bound(person.turn);
    }

    fn go_on(&mut self, user: u32, then: NextAction) -> After {
        match then {
            NextAction::At(at_ns) => self.agenda.put(user, at_ns),
            NextAction::Settled => {
                self.settled += 1;
                self.shared.live(THREAD).settled.fetch_add(1, Ordering::Relaxed);
            }
        }
        After::Free
    }

    /// No decision: retries at `again_ns`, or gives up.
    fn later(&mut self, user: u32, again_ns: Option<u64>) -> After {
        again_ns.map_or_else(|| self.go_on(user, NextAction::Settled), After::Again)
    }

    fn handle_response(
        &mut self,
        user: u32,
        slot: usize,
        answer: &Answer<'_>,
        moments: Moments,
    ) -> Interpretation<NextAction> {
        let (now_ns, is_uncertain) = (moments.now_ns, self.attempts.is_uncertain(slot));
        let latency_ns = now_ns.saturating_sub(moments.since_ns);
        match self.person(user).step {
            Step::Enqueue => {
                record_ns(&mut self.notes.entering_us, latency_ns);
                interpret(answer, replies::enqueue).map(|queued| self.on_enqueue(user, queued, is_uncertain, now_ns))
            }
            Step::PollRank => {
                record_ns(&mut self.notes.looking_us, latency_ns);
                interpret(answer, replies::rank).map(|standing| self.on_rank(user, standing, now_ns))
            }
            Step::ReadDocument => interpret(answer, replies::document).map(|document| {
                self.latest.put(document);
                self.read(user, now_ns)
            }),
            Step::RequestCoupon => {
                interpret(answer, replies::issue).map(|result| self.on_issue(user, result, is_uncertain, now_ns))
            }
            Step::BypassAtGate => {
                interpret(answer, replies::issue).map(|result| self.on_gate_bypass(user, result, now_ns))
            }
            Step::BypassAtCoupons => {
                answer::interpret_decision(answer).map(|(code, _)| self.on_coupon_bypass(user, code, now_ns))
            }
        }
    }
}

impl Script for LineCrowd<'_> {
    fn next(&mut self, slot: usize, now_ns: u64) -> Next {
        while let Some(user) = self.agenda.take(now_ns) {
            let person = self.person(user);
            if person.step == Step::ReadDocument && person.behavior.streams && self.latest.is_streamed() {
                let then = self.read(user, now_ns);
                // The stream has already delivered the document: no request.
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
        match self.handle_response(user, slot, answer, moments) {
            Interpretation::Decision(then) => self.go_on(user, then),
            Interpretation::Refused(refusal) => {
                let retry_after_seconds = answer.retry_after_seconds;
                let notes = (&mut self.notes.tally, self.shared.live(THREAD));
                let again_ns = self.attempts.refused(slot, refusal, retry_after_seconds, moments.now_ns, notes);
                self.later(user, again_ns)
            }
            Interpretation::Unusable(reason) => {
                self.shared.fail(format!("unusable response: {reason}"));
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
