//! The role of the catalog: what messages tell of seats, and the comparison with reservation (EVT-023, hole 22).

mod comparing;

use crate::world::consumer::{self, Group};
use crate::world::instance::Instance;
use crate::world::messages::{Body, Message, Messages, Rows};
use crate::world::{Shared, World, relay};
use domain::catalog::{SeatNews, SeatState, SeatStatus};
use domain::id::ReservationId;
use domain::message::topic::{PAYMENT_EVENTS, RESERVATION_EVENTS};
use domain::{SeatId, Timestamp};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use uuid::Uuid;

/// The catalog's database.
#[derive(Clone, Default)]
pub(crate) struct CatalogRows {
    pub(crate) seats: BTreeMap<SeatId, SeatState>,
    pub(crate) is_cancelled: bool,
    messages: Messages,
}

impl Rows for CatalogRows {
    fn messages(&self) -> &Messages {
        &self.messages
    }

    fn messages_mut(&mut self) -> &mut Messages {
        &mut self.messages
    }
}

impl CatalogRows {
    /// The highest number of a hold that is stored here (hole 7).
    pub(crate) fn greatest_hold_no(&self) -> i64 {
        self.seats.values().filter_map(|seat| seat.hold_no).max().unwrap_or(0)
    }

    /// Sold seats, and to whom.
    pub(crate) fn sold(&self) -> BTreeSet<(SeatId, ReservationId)> {
        let sold = self.seats.iter().filter(|(_, state)| state.status == SeatStatus::Sold);
        sold.filter_map(|(seat, state)| Some((*seat, ReservationId(state.sold_to?)))).collect()
    }

    fn hear(&mut self, world: &World, seat: SeatId, news: SeatNews) {
        let state = self.seats.entry(seat).or_default();
        if let Some(after) = state.after(news) {
            *state = after;
            world.tell(|| {
                let number = world.show.wish(seat).map_or("?", |wish| wish.number.as_str());
                let reservation = news.reservation.as_u128();
                format!("the catalog has {number} as {:?} by hold {:?} of #{reservation}", after.status, after.hold_no)
            });
        }
    }

    /// The event is cancelled, and told.
    pub(crate) fn cancel(&mut self, world: &World) {
        if !std::mem::replace(&mut self.is_cancelled, true) {
            let body = Body::EventCancelled(vec![world.show.schedule]);
            self.messages.append(Message { id: world.id(), aggregate: world.show.event.get(), body });
        }
    }
}

/// Where brokers would keep the places of this role's groups.
#[derive(Clone, Default)]
pub(crate) struct BrokerPlaces {
    payments: Rc<Cell<usize>>,
    reservations: Rc<Cell<usize>>,
}

/// Starts an instance.
pub(crate) fn start(world: &Shared, at: Instance, places: &BrokerPlaces) {
    let spawn = |work: std::pin::Pin<Box<dyn Future<Output = ()>>>| world.machine.spawn(at.owner, work);
    spawn(Box::pin(relay::run(Rc::clone(world), at, |world: &World| &world.catalog)));
    let group = |name, topic| Group { name, topic, store: |world| &world.catalog, handle, then: |_, _, _| {} };
    let payments = group("event-payment-consumer", PAYMENT_EVENTS);
    spawn(Box::pin(consumer::run(Rc::clone(world), at, payments, Rc::clone(&places.payments))));
    let reservations = group("event-reservation-consumer", RESERVATION_EVENTS);
    spawn(Box::pin(consumer::run(Rc::clone(world), at, reservations, Rc::clone(&places.reservations))));
    spawn(Box::pin(comparing::run(Rc::clone(world), at)));
}

fn handle(world: &World, rows: &mut CatalogRows, message: &Message, _: Timestamp) -> bool {
    let (seats, status, hold_no, reservation): (&[SeatId], _, _, Uuid) = match &message.body {
        Body::PaymentSuccess(told) => (&told.seat_ids, SeatStatus::Sold, told.hold_no, told.reservation_id),
        Body::ReservationCancelled(told) => (&told.seats, SeatStatus::Available, told.hold_no, told.reservation.get()),
        Body::PaymentFailed(_) | Body::PaymentRefunded(_) | Body::EventCancelled(_) => return true,
    };
    for seat in seats {
        rows.hear(world, *seat, SeatNews { status, hold_no, reservation });
    }
    true
}
