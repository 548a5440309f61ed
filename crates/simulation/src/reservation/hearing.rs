//! The consumers: what is told of payments and events.

use super::rows::{ReservationRows, holding};
use crate::world::messages::{Body, Message};
use crate::world::{Shared, World};
use domain::Timestamp;
use domain::id::{PaymentId, ReservationId};
use domain::reservation::{HeardOf, PaymentNews, Refusal, Step};
use domain::seat::Release;
use domain::ticket::TicketNumber;
use std::rc::Rc;

/// `payment.events`.
pub(super) fn payment(world: &World, rows: &mut ReservationRows, message: &Message, now: Timestamp) -> bool {
    let (reservation, news) = match &message.body {
        Body::PaymentSuccess(told) => {
            let (amount, hold_no, seats) = (told.amount, told.hold_no, told.seat_ids.clone());
            (told.reservation_id, PaymentNews::Success { amount, hold_no, seats })
        }
        Body::PaymentFailed(told) => (told.reservation_id, PaymentNews::Failed),
        Body::PaymentRefunded(told) => (told.reservation_id, PaymentNews::Refunded),
        Body::ReservationCancelled(_) | Body::EventCancelled(_) => return true,
    };
    let reservation = ReservationId(reservation);
    let payment = PaymentId(message.aggregate);
    let ticket_number = new_number(world);
    let heard = HeardOf { reservation, payment, news, ticket_number };
    match rows.decide(world, &Step::Hear(heard), now) {
        Ok(answer) => {
            if !answer.given_up.is_empty() {
                rows.freed.push(holding(&answer.reservation, answer.given_up));
            }
            true
        }
        // What a restored database takes this for may be wrong: it waits.
        Err(Refusal::Behind) => false,
        Err(_) => true,
    }
}

/// A ticket's number.
pub(super) fn new_number(world: &World) -> TicketNumber {
    TicketNumber::new(world.true_now(), world.machine.number() as u64)
}

/// `event.events`: the schedules are remembered, and nothing else (hole 6).
pub(super) fn event(world: &World, rows: &mut ReservationRows, message: &Message, _: Timestamp) -> bool {
    if let Body::EventCancelled(schedules) = &message.body {
        world.tell(|| "reservation remembers that the event is cancelled".to_owned());
        schedules.iter().for_each(|schedule| rows.book.remember_cancelled(*schedule));
    }
    true
}

/// Hot state hears what is free.
pub(super) fn after(world: &Shared, at: crate::machine::Owner, _: &Message) {
    let freed = world.reservation.at_once(|rows, _| std::mem::take(&mut rows.freed));
    if freed.is_empty() {
        return;
    }
    let there = Rc::clone(world);
    world.machine.spawn(at, async move {
        for of in freed {
            let _ = there.hot.release(&Release { of, window: there.window() }).await;
        }
    });
}
