//! Decides steps in a transaction: reads what they touch into a book, lets the rules decide, writes what has changed.

use super::message::{Cause, envelope};
use super::{Outcome, Terms};
use crate::metrics::Changes;
use crate::rows::lock::{Wanted, in_the_way, locked};
use crate::rows::store::{self, Altered};
use crate::rows::{cancelled, counter};
use domain::message::{Envelope, topic};
use domain::reservation::{CancelReason, Reservation, ReservationBook, Step, StepAnswer, Told};
use domain::{ReservationId, ScheduleId, Timestamp};
use ledger::{LedgerError, Transaction, outbox};
use std::collections::{BTreeMap, BTreeSet};

/// A step and what it follows from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wished<'a> {
    pub step: &'a Step,
    pub cause: &'a Cause,
    /// An earlier run of the same call has made the step: it is answered from what stands.
    pub is_done: bool,
}

/// Rows as they were when they were locked, and the book of them.
pub(crate) struct Opened {
    before: BTreeMap<ReservationId, Reservation>,
    /// What is decided in.
    pub book: ReservationBook,
    /// The deciding time.
    pub now: Timestamp,
    /// The number that was drawn last before this change.
    hold_no: i64,
    /// What told of the cancelled schedules.
    causes: BTreeMap<ScheduleId, Cause>,
}

impl Opened {
    /// A book of rows that are locked.
    pub fn new(rows: Vec<Reservation>, seen: i64, hold_no: i64, now: Timestamp) -> Self {
        let mut book = ReservationBook::new(hold_no);
        book.see_hold_no(seen);
        let mut opened = Self { before: BTreeMap::new(), book, now, hold_no, causes: BTreeMap::new() };
        opened.add(rows);
        opened
    }

    /// Adds rows that are locked.
    pub fn add(&mut self, rows: Vec<Reservation>) {
        for row in rows {
            self.book.put(row.clone());
            self.before.insert(row.id, row);
        }
    }

    /// Tells the book of cancelled schedules.
    pub fn remember(&mut self, cancelled: BTreeMap<ScheduleId, Cause>) {
        cancelled.keys().for_each(|schedule| self.book.remember_cancelled(*schedule));
        self.causes.extend(cancelled);
    }

    /// Takes the messages that are owed since the last call, as consequences of `cause`. The end by a cancelled event that no
    /// other message has led to is a consequence of the message that told of the event.
    pub fn take_messages(&mut self, cause: &Cause) -> Vec<Envelope> {
        let told = self.book.take_told();
        let cause_of = |one: &Told| match self.causes.get(&one.schedule) {
            Some(event) if one.reason == CancelReason::EventCancelled && cause.causation_id.is_none() => event,
            _ => cause,
        };
        told.into_iter().map(|one| envelope(cause_of(&one).clone(), one)).collect()
    }

    /// Writes what the book has changed, and the messages. Does not commit.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn store(mut self, change: &Transaction, messages: &[Envelope]) -> Result<(), LedgerError> {
        let changed = self.book.take_changed();
        let after = changed.iter().filter_map(|id| self.book.get(*id));
        let altered: Vec<Altered<'_>> =
            after.map(|after| Altered { before: self.before.get(&after.id), after }).collect();
        store::seats(change, &altered).await?;
        if self.book.hold_no() > self.hold_no {
            counter::store(change, self.book.hold_no()).await?;
        }
        store::reservations(change, &altered).await?;
        let mut changes = Changes::default();
        altered.iter().for_each(|one| changes.note(one.before, one.after));
        change.afterwards(|| changes.count());
        outbox::append_all(change, topic::RESERVATION_EVENTS, messages).await
    }
}

/// Decides the steps as if one after the other, and writes what follows. Does not commit.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn decide_all(
    change: &Transaction,
    wished: &[Wished<'_>],
    terms: &Terms,
) -> Result<Vec<Outcome>, LedgerError> {
    let mut opened = open(change, wished, terms).await?;
    let mut outcomes = Vec::with_capacity(wished.len());
    let mut messages = Vec::new();
    for one in wished {
        outcomes.push(decide(&mut opened, one));
        messages.extend(opened.take_messages(one.cause));
    }
    opened.store(change, &messages).await?;
    Ok(outcomes)
}

fn decide(opened: &mut Opened, wished: &Wished<'_>) -> Outcome {
    if let Some(standing) = opened.book.get(wished.step.reservation()).filter(|_| wished.is_done) {
        return Ok(StepAnswer { reservation: standing.clone(), given_up: Vec::new(), has_changed: false });
    }
    opened.book.decide(wished.step, opened.now)
}

async fn open(change: &Transaction, wished: &[Wished<'_>], terms: &Terms) -> Result<Opened, LedgerError> {
    let named: BTreeSet<ReservationId> = wished.iter().map(|one| one.step.reservation()).collect();
    let rows = locked(change, &named).await?;
    // Before the counter is read: see `Fence::seen`.
    let seen = terms.fence.seen();
    let moment = counter::moment(change.connection(), terms.time).await?;
    let mut opened = Opened::new(rows, seen, moment.hold_no, moment.now);
    let wanted = wanted(&opened, wished);
    if !wanted.is_empty() {
        let others = in_the_way(change, &wanted, opened.now).await?;
        let over = others.over.difference(&named).copied().collect();
        opened.add(locked(change, &over).await?);
        for live in others.live.into_iter().filter(|live| !named.contains(&live.reservation)) {
            opened.book.put_live(live);
        }
        let drawn_last = counter::lock(change).await?;
        opened.hold_no = drawn_last;
        opened.book.start_at(drawn_last);
    }
    remember(change, wished, &mut opened).await?;
    Ok(opened)
}

/// Seats and people that new live rows are about: of holds, swaps, and payments of holds whose time is over.
fn wanted(opened: &Opened, wished: &[Wished<'_>]) -> Wanted {
    let mut wanted = Wanted::default();
    for one in wished {
        let known = opened.book.get(one.step.reservation());
        match (one.step, known) {
            (Step::Hold(wish), None) => {
                wanted.seats.extend(wish.seats.iter().map(|seat| (wish.schedule, seat.seat)));
                wanted.people.insert((wish.schedule, wish.user));
            }
            (Step::Swap(wish), Some(known)) => {
                wanted.seats.extend(wish.seats.iter().map(|seat| (known.schedule, seat.seat)));
                wanted.people.insert((known.schedule, known.user));
            }
            // One that runs out while it waits for its turn is decided as if it had run out.
            (Step::Secure(_), Some(known)) if known.is_expired(opened.now) => {
                wanted.seats.extend(known.seats.iter().map(|seat| (known.schedule, seat.seat)));
                wanted.people.insert((known.schedule, known.user));
            }
            _ => {}
        }
    }
    wanted
}

/// Tells the book which of the schedules are cancelled: from the commit that remembers them on nothing of them is sold (hole 6).
async fn remember(change: &Transaction, wished: &[Wished<'_>], opened: &mut Opened) -> Result<(), LedgerError> {
    let of_holds = wished.iter().filter_map(|one| match one.step {
        Step::Hold(wish) => Some(wish.schedule),
        _ => None,
    });
    let schedules: BTreeSet<ScheduleId> = of_holds.chain(opened.book.iter().map(|one| one.schedule)).collect();
    opened.remember(cancelled::among(change.connection(), &schedules).await?);
    Ok(())
}
