//! The database of reservations: the book of the rules, whole.

use crate::bug::Bug;
use crate::world::World;
use crate::world::messages::{Body, Message, Messages, Rows};
use domain::Timestamp;
use domain::reservation::{CancelReason, Refusal, Reservation, ReservationBook, Step, StepAnswer, Told};
use domain::seat::Holding;

/// The rows.
#[derive(Clone, Default)]
pub(crate) struct ReservationRows {
    pub(crate) book: ReservationBook,
    /// Seats that a consumer has freed, until hot state is told after the commit. Not kept: a kill forgets them.
    pub(super) freed: Vec<Holding>,
    messages: Messages,
}

impl Rows for ReservationRows {
    fn messages(&self) -> &Messages {
        &self.messages
    }

    fn messages_mut(&mut self) -> &mut Messages {
        &mut self.messages
    }
}

/// Most reservations in one transaction of a sweep: few, so that an event takes several.
const BATCH_MAX: usize = 3;

impl ReservationRows {
    /// One step, and what it tells in the same transaction.
    pub(crate) fn decide(&mut self, world: &World, step: &Step, now: Timestamp) -> Result<StepAnswer, Refusal> {
        let decided = self.book.decide(step, moment(world, now));
        self.note(world);
        if let Ok(answer) = &decided
            && answer.has_changed
        {
            tell(world, &answer.reservation);
        }
        decided
    }

    /// Ends what has run out, and what was cancelled with its event. Returns what has ended.
    pub(super) fn sweep(&mut self, world: &World, now: Timestamp) -> Vec<Reservation> {
        let mut over = self.book.sweep(moment(world, now), BATCH_MAX);
        over.extend(self.book.cancel_events(moment(world, now), BATCH_MAX));
        self.note(world);
        over.iter().for_each(|reservation| tell(world, reservation));
        over
    }

    /// Puts a row in place of the one with its id. The book is made anew, so that seats and slots are those of the rows.
    pub(super) fn replace(&mut self, reservation: Reservation) {
        let mut book = ReservationBook::new(self.book.hold_no());
        let others = self.book.iter().filter(|one| one.id != reservation.id).cloned();
        others.chain([reservation.clone()]).for_each(|one| book.put(one));
        let schedule = reservation.schedule;
        if self.book.is_cancelled(schedule) {
            book.remember_cancelled(schedule);
        }
        self.book = book;
    }

    /// As [`ReservationRows::replace`], for one that has ended and was told so in the time that is lost: it is told again.
    pub(super) fn end_again(&mut self, world: &World, ended: Reservation, now: Timestamp) {
        let told = Told {
            reservation: ended.id,
            user: ended.user,
            event: ended.event,
            schedule: ended.schedule,
            seats: ended.seat_ids(),
            reason: ended.cancel_reason.unwrap_or(CancelReason::HoldExpired),
            at: now,
            hold_no: Some(ended.hold_no),
        };
        tell(world, &ended);
        self.replace(ended);
        let aggregate = told.reservation.get();
        self.messages.append(Message { id: world.id(), aggregate, body: Body::ReservationCancelled(told) });
    }

    /// Writes the messages that are owed.
    pub(crate) fn note(&mut self, world: &World) {
        for told in self.book.take_told() {
            world.tell(|| {
                let (reservation, hold_no) = (crate::world::story::name(told.reservation.get()), told.hold_no);
                format!("reservation tells the end of {reservation}: {} (hold {hold_no:?})", told.reason.as_str())
            });
            let message =
                Message { id: world.id(), aggregate: told.reservation.get(), body: Body::ReservationCancelled(told) };
            self.messages.append(message);
        }
        drop(self.book.take_changed());
    }
}

/// The moment of a decision.
fn moment(world: &World, now: Timestamp) -> Timestamp {
    if world.has(Bug::ExpiryInclusive) { Timestamp(now.millis() - 1) } else { now }
}

fn tell(world: &World, of: &Reservation) {
    world.tell(|| {
        let seats: Vec<&str> = of.seats.iter().map(|seat| seat.number.as_str()).collect();
        let secured = if of.is_secured() { ", secured" } else { "" };
        format!(
            "reservation {} of {} is {}{secured} {} (hold {}, heard {}, until {}, seats {seats:?})",
            crate::world::story::name(of.id.get()),
            crate::world::story::name(of.user.get()),
            of.status.as_str(),
            of.cancel_reason.map_or("", |reason| reason.as_str()),
            of.hold_no,
            of.payment_state.as_str(),
            (of.hold_expires_at.millis() - crate::world::BEGIN_MS) as f64 / 1_000.0,
        )
    });
}

/// What a reservation has, for hot state.
pub(super) fn holding(of: &Reservation, seats: Vec<domain::SeatId>) -> Holding {
    Holding { schedule: of.schedule, reservation: of.id, user: of.user, seats }
}
