//! The role of reservations, as thin as it can be around the rules.

mod asking;
mod hearing;
mod holding;
mod paying;
pub(crate) mod repair;
mod righting;
mod rows;
mod sweeping;

pub(crate) use holding::{Held, HoldCall, cancel, extend, hold, release, swap, use_ticket};
pub(crate) use paying::{
    Claimed, SecureAnswer, SoldAnswer, StandingAnswer, claim, claim_by_key, secure, sold, standing,
};
pub(crate) use righting::right;
pub(crate) use rows::ReservationRows;

use crate::world::consumer::{self, Group};
use crate::world::instance::{Instance, Role};
use crate::world::network::call;
use crate::world::{Shared, World, relay};
use domain::ErrorCode;
use domain::message::topic::{EVENT_EVENTS, PAYMENT_EVENTS};
use domain::reservation::Refusal;
use std::cell::Cell;
use std::rc::Rc;

/// Limit of a call between roles, in milliseconds.
pub(super) const LIMIT_MS: i64 = 5_000;

/// Where brokers would keep the places of this role's groups.
#[derive(Clone, Default)]
pub(crate) struct BrokerPlaces {
    payments: Rc<Cell<usize>>,
    events: Rc<Cell<usize>>,
}

/// Starts an instance.
pub(crate) fn start(world: &Shared, at: Instance, places: &BrokerPlaces) {
    let spawn = |work: std::pin::Pin<Box<dyn Future<Output = ()>>>| world.machine.spawn(at.owner, work);
    spawn(Box::pin(compare_numbers(Rc::clone(world), at)));
    spawn(Box::pin(relay::run(Rc::clone(world), at, |world: &World| &world.reservation)));
    let payments = Group {
        name: "reservation-payment-consumer",
        topic: PAYMENT_EVENTS,
        store: |world| &world.reservation,
        handle: hearing::payment,
        then: hearing::after,
    };
    spawn(Box::pin(consumer::run(Rc::clone(world), at, payments, Rc::clone(&places.payments))));
    let events = Group {
        name: "reservation-event-consumer",
        topic: EVENT_EVENTS,
        store: |world| &world.reservation,
        handle: hearing::event,
        then: hearing::after,
    };
    spawn(Box::pin(consumer::run(Rc::clone(world), at, events, Rc::clone(&places.events))));
    spawn(Box::pin(sweeping::run(Rc::clone(world), at)));
    spawn(Box::pin(asking::run(Rc::clone(world), at)));
    spawn(Box::pin(righting::run(Rc::clone(world), at)));
}

/// Asks the others for the highest number of a hold that they have stored, at the start and later (hole 7). Before both have
/// answered nothing is sold here: the own counter may be an old one.
async fn compare_numbers(world: Shared, at: Instance) {
    const PAUSE_MS: i64 = 60_000;
    loop {
        let payment = call(&world, Role::Payment, LIMIT_MS, |world, _| async move {
            world.payment.read(|rows, _| rows.greatest_hold_no()).await
        });
        let catalog = call(&world, Role::Catalog, LIMIT_MS, |world, _| async move {
            world.catalog.read(|rows, _| (rows.greatest_hold_no(), rows.is_cancelled)).await
        });
        let (payment, catalog) = (payment.await, catalog.await);
        let mut pause_ms = PAUSE_MS;
        if let (Ok(Ok(payment)), Ok(Ok((catalog, is_cancelled)))) = (payment, catalog) {
            let seen = payment.max(catalog);
            if note(&world, seen, is_cancelled).await {
                world.instances.set_ready(at);
            }
        } else if !world.instances.is_ready(at) {
            pause_ms = 1_000;
        }
        if !world.is_rush.get() && world.instances.is_ready(at) {
            pause_ms = PAUSE_MS * 60;
        }
        world.machine.sleep(pause_ms).await;
    }
}

/// Whether it is noted, or was.
async fn note(world: &Shared, seen: i64, is_cancelled: bool) -> bool {
    let schedule = world.show.schedule;
    let is_known = world
        .reservation
        .read(|rows, _| seen <= rows.book.hold_no() && (!is_cancelled || rows.book.is_cancelled(schedule)));
    if is_known.await == Ok(true) {
        return true;
    }
    let noted = world.reservation.change(|rows, _| {
        rows.book.see_hold_no(seen);
        // The message may be lost: what the catalog calls cancelled is remembered (hole 6).
        if is_cancelled {
            rows.book.remember_cancelled(schedule);
        }
    });
    noted.await.is_ok()
}

/// The code of a refusal, as routes answer it.
pub(super) fn code_of(refusal: &Refusal) -> ErrorCode {
    match refusal {
        Refusal::NotFound => ErrorCode::NotFound,
        Refusal::NotOwner => ErrorCode::Forbidden,
        Refusal::Behind => ErrorCode::ServiceUnavailable,
        Refusal::EventCancelled => ErrorCode::EventCancelled,
        Refusal::HoldExpired => ErrorCode::HoldExpired,
        Refusal::AlreadyCancelled => ErrorCode::ReservationAlreadyCancelled,
        Refusal::NotModifiable => ErrorCode::ReservationNotModifiable,
        Refusal::InProgress | Refusal::OtherHold | Refusal::Unsecured(_) => ErrorCode::ReservationInProgress,
        Refusal::AlreadyExtended { .. } => ErrorCode::HoldAlreadyExtended,
        Refusal::TooManySeats { .. } => ErrorCode::MaxSeatsExceeded,
        Refusal::SeatsTaken { sold, .. } if !sold.is_empty() => ErrorCode::SeatAlreadySold,
        Refusal::SeatsTaken { .. } => ErrorCode::SeatAlreadyHeld,
        Refusal::CancellationNotAllowed | Refusal::Used { .. } => ErrorCode::CancellationNotAllowed,
        Refusal::PaymentExists { .. } => ErrorCode::PaymentAlreadyExists,
        Refusal::NotPayable | Refusal::NoTicket => ErrorCode::ReservationNotPayable,
        Refusal::AmountMismatch => ErrorCode::PaymentAmountMismatch,
    }
}
