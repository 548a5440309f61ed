//! The people of a sale: their next steps, over shared connections.
//!
//! ```text
//! Enter -> Status, Status, ... -> Hold -> Pay -> the provider's window -> Confirm -> a ticket, or not
//!                                  ^  refused: other seats; failed, too late, gone away: once more
//! ```

use super::super::answer::Refusal;
use super::super::attempts::{Attempts, NS_PER_MS};
use super::super::line::agenda::Agenda;
use super::super::shared::Shared;
use super::calls::Calls;
use super::notes::Notes;
use super::options::CheckedTickets;
use super::person::{Person, Step, account};
use super::replies::{self, Reply};
use super::show::Show;
use super::tokens::Tokens;
use super::windows::Windows;
use crate::load::{After, Answer, Flow, Loss, Moments, Next, Script};
use domain::{AccountId, SeatId};
use std::sync::atomic::Ordering;

/// A connection without work checks for new work at this interval.
const REST_NS: u64 = 5 * NS_PER_MS;
const THREAD: usize = 0;

/// What a person does after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The next request, at this time in nanoseconds since the start.
    At(u64),
    /// Waits for the provider's window to close.
    AtTheWindow,
    /// Is done, with this outcome.
    Done(&'static str),
}

/// Everybody, and the observations so far.
pub(super) struct Crowd<'a> {
    pub(super) shared: &'a Shared,
    pub(super) show: &'a Show,
    pub(super) windows: Windows,
    calls: Calls,
    tokens: Tokens,
    run: u64,
    pub(super) poll_ms: u64,
    pub(super) people: Vec<Person>,
    agenda: Agenda,
    slots: Vec<u32>,
    /// The seats that the request of a connection names.
    wishes: Vec<Vec<SeatId>>,
    attempts: Attempts,
    settled: u32,
    pub(super) random: fastrand::Rng,
    pub(super) notes: Notes,
}

impl<'a> Crowd<'a> {
    pub(super) fn new(
        options: &CheckedTickets,
        show: &'a Show,
        shared: &'a Shared,
        windows: Windows,
        (calls, tokens): (Calls, Tokens),
    ) -> Self {
        let crowd = &options.crowd;
        Self {
            shared,
            show,
            windows,
            calls,
            tokens,
            run: fastrand::u64(..),
            poll_ms: 500,
            people: (0..crowd.users).map(|user| Person::new(user, &options.shares)).collect(),
            agenda: Agenda::new(crowd.users, crowd.rate),
            slots: vec![0; crowd.connections],
            wishes: vec![Vec::new(); crowd.connections],
            attempts: Attempts::new(crowd.retry, crowd.connections),
            settled: 0,
            random: fastrand::Rng::with_seed(7),
            notes: Notes::new(),
        }
    }

    pub(super) fn into_notes(self) -> Notes {
        self.notes
    }

    pub(super) fn person(&mut self, user: u32) -> &mut Person {
        &mut self.people[user as usize]
    }

    pub(super) fn account(&self, user: u32) -> AccountId {
        account(self.run, user)
    }

    /// After about so many milliseconds.
    pub(super) fn after_ms(&mut self, ms: u64, now_ns: u64) -> Then {
        Then::At(now_ns + self.random.u64(ms * 4 / 5..=ms * 6 / 5) * NS_PER_MS)
    }

    pub(super) fn count_step(&self) {
        self.shared.live(THREAD).steps.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_ticket(&self) {
        self.shared.live(THREAD).issued.fetch_add(1, Ordering::Relaxed);
    }

    fn go_on(&mut self, user: u32, then: Then, now_ns: u64) -> After {
        match then {
            Then::At(at_ns) => self.agenda.put(user, at_ns),
            Then::AtTheWindow => {}
            Then::Done(outcome) => self.settle(user, outcome, now_ns),
        }
        After::Free
    }

    fn settle(&mut self, user: u32, outcome: &'static str, now_ns: u64) {
        use domain::coupon::issue::IssueCode;
        self.settled += 1;
        self.shared.live(THREAD).settled.fetch_add(1, Ordering::Relaxed);
        *self.notes.outcomes.entry(outcome).or_default() += 1;
        let person = &self.people[user as usize];
        let (has_ticket, since_ns) = (person.tickets > 0, person.came_ns);
        let code = if has_ticket { IssueCode::Issued } else { IssueCode::Closed };
        self.notes.tally.decided(code, has_ticket, now_ns.saturating_sub(since_ns), now_ns);
    }

    fn close_windows(&mut self, now_ns: u64) {
        while let Some(closed) = self.windows.next_closed() {
            let then = self.window_closed(closed.user, closed.transaction, now_ns);
            self.go_on(closed.user, then, now_ns);
        }
    }
}

impl Script for Crowd<'_> {
    fn next(&mut self, slot: usize, now_ns: u64) -> Next {
        self.close_windows(now_ns);
        if let Some(user) = self.agenda.take(now_ns) {
            self.slots[slot] = user;
            self.attempts.begin(slot);
            let person = &mut self.people[user as usize];
            if person.came_ns == 0 {
                person.came_ns = now_ns.max(1);
            }
            if person.step == Step::Hold {
                person.hold_ns = now_ns;
                self.wishes[slot] = self.choose(user);
            }
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
        let token = self.tokens.of(account(self.run, user).get(), "USER");
        self.calls.write(&self.people[user as usize], &token, &self.wishes[slot], out);
    }

    fn answered(&mut self, slot: usize, answer: &Answer<'_>, moments: Moments) -> After {
        let (user, now_ns) = (self.slots[slot], moments.now_ns);
        let latency_ns = now_ns.saturating_sub(moments.since_ns);
        let then = match replies::read(answer) {
            Reply::Later => {
                let refusal = match answer.status {
                    429 => Refusal::Limited,
                    503 => Refusal::Unavailable,
                    _ => Refusal::Fault,
                };
                let notes = (&mut self.notes.tally, self.shared.live(THREAD));
                let again = self.attempts.refused(slot, refusal, answer.retry_after_seconds, now_ns, notes);
                return again.map_or_else(|| self.go_on(user, Then::Done("gave up"), now_ns), After::Again);
            }
            Reply::Yes(body) => self.yes(user, body, now_ns, latency_ns),
            Reply::No(code, body) => {
                self.note_unlisted(user, answer.status, &code);
                self.no(user, &code, body, now_ns, latency_ns)
            }
        };
        match then {
            Ok(then) => self.go_on(user, then, now_ns),
            Err(error) => {
                self.shared.fail(format!("unusable response: {error:#}"));
                After::Free
            }
        }
    }

    fn lost(&mut self, slot: usize, loss: Loss, now_ns: u64) -> After {
        let notes = (&mut self.notes.tally, self.shared.live(THREAD));
        let again = self.attempts.lost(slot, loss, now_ns, notes);
        let user = self.slots[slot];
        again.map_or_else(|| self.go_on(user, Then::Done("gave up"), now_ns), After::Again)
    }

    fn tick(&mut self, now_ns: u64) -> Flow {
        self.close_windows(now_ns);
        if self.shared.stopping() { Flow::Stop } else { Flow::Go }
    }
}
