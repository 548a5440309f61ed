//! A buyer: holds, changes the mind, pays or not, in time or not, comes back.

use super::choice;
use super::routes::{CANCEL, EXTEND, HOLD, LOOK, RELEASE, SWAP, VERIFY, ask};
use super::window;
use crate::reservation::{self, Held, HoldCall};
use crate::world::Shared;
use crate::world::network::Answer;
use books::records::Remark;
use domain::id::ReservationId;
use domain::line::QueueNumber;
use domain::reservation::{Reservation, ReservationStatus};
use domain::{AccountId, ErrorCode};
use std::rc::Rc;
use uuid::Uuid;

/// A buyer's world.
#[derive(Clone)]
pub(super) struct Buyer {
    pub(super) world: Shared,
    pub(super) user: AccountId,
    ticket: QueueNumber,
}

/// Ids of people stand above those of anything else but seats.
const FIRST_PERSON: u128 = 1 << 32;
/// Tries before one gives up.
const TRIES: u32 = 4;

/// Comes some time, and tries a few times.
pub(super) fn come(world: &Shared, number: u64, rush_ms: i64) {
    let user = AccountId(Uuid::from_u128(FIRST_PERSON + u128::from(number)));
    let buyer = Buyer { world: Rc::clone(world), user, ticket: QueueNumber(number) };
    world.machine.spawn(crate::machine::WORLD, async move {
        let machine = buyer.world.machine.clone();
        machine.sleep(machine.pick(0..rush_ms / 2)).await;
        for _ in 0..machine.pick(1..4) {
            if !buyer.world.is_rush.get() {
                return;
            }
            buyer.try_to_buy().await;
            machine.sleep(machine.pick(100..30_000)).await;
        }
    });
}

impl Buyer {
    /// What happens about so many times in a thousand.
    pub(super) fn feels(&self, thousandths: u32) -> bool {
        self.world.machine.chance(thousandths)
    }

    pub(super) async fn wait(&self, from_ms: i64, to_ms: i64) {
        self.world.machine.sleep(self.world.machine.pick(from_ms..to_ms)).await;
    }

    pub(super) fn hears(&self, remark: Remark) {
        self.world.remark(self.user, remark);
    }

    fn hears_held(&self, held: &Held) {
        let (reservation, until) = (held.reservation, held.until);
        self.hears(Remark::Held { reservation, schedule: self.world.show.schedule, until });
    }

    async fn try_to_buy(&self) {
        let Some(mut held) = self.hold().await else { return };
        if self.feels(150) {
            self.swap(&mut held).await;
        }
        if self.feels(150) {
            self.extend(&mut held).await;
        }
        match self.world.machine.one_of(100) {
            0..10 => {}
            10..18 => self.let_go(held.reservation).await,
            _ => window::pay(self, held).await,
        }
    }

    async fn hold(&self) -> Option<Held> {
        let key = self.feels(800).then(|| ReservationId(self.world.id()));
        let call = HoldCall { user: self.user, seats: choice::seats(&self.world), ticket: self.ticket, key };
        for _ in 0..TRIES {
            let call = call.clone();
            let heard = ask(&self.world, self.user, &HOLD, move |world, at| reservation::hold(world, at, call.clone()));
            match heard.await {
                Ok(Ok(held)) => {
                    self.hears_held(&held);
                    return Some(held);
                }
                Ok(Err(ErrorCode::ServiceUnavailable)) | Err(_) => self.wait(500, 5_000).await,
                Ok(Err(_)) => return None,
            }
        }
        None
    }

    async fn swap(&self, held: &mut Held) {
        self.wait(500, 60_000).await;
        let (user, id, seats) = (self.user, held.reservation, choice::seats(&self.world));
        let swapped =
            ask(&self.world, user, &SWAP, move |world, at| reservation::swap(world, at, user, id, seats.clone()));
        match swapped.await {
            Ok(Ok(after)) => {
                self.hears_held(&after);
                *held = after;
            }
            Ok(Err(_)) => {}
            // Which seats are it now? The page looks.
            Err(_) => self.look_again(held).await,
        }
    }

    async fn extend(&self, held: &mut Held) {
        self.wait(500, 60_000).await;
        let (user, id) = (self.user, held.reservation);
        let extended = ask(&self.world, user, &EXTEND, move |world, at| reservation::extend(world, at, user, id));
        match extended.await {
            Ok(Ok(after)) => {
                self.hears_held(&after);
                *held = after;
            }
            Ok(Err(_)) => {}
            Err(_) => self.look_again(held).await,
        }
    }

    pub(super) async fn look_again(&self, held: &mut Held) {
        if let Some(now) = self.look(held.reservation).await {
            held.total_amount = now.total_amount;
            held.until = now.hold_expires_at;
        }
    }

    /// `GET /reservations/{id}`.
    pub(super) async fn look(&self, id: ReservationId) -> Option<Reservation> {
        let looked = ask(&self.world, self.user, &LOOK, move |world, _| look(world, id)).await;
        if let Ok(Err(ErrorCode::NotFound)) = looked {
            self.hears(Remark::Gone { reservation: id });
        }
        looked.ok()?.ok()
    }

    async fn let_go(&self, id: ReservationId) {
        self.wait(500, 120_000).await;
        self.hears(Remark::CancelAsked { reservation: id });
        let user = self.user;
        let gone = ask(&self.world, user, &RELEASE, move |world, at| reservation::release(world, at, user, id)).await;
        if let Ok(Ok(())) = gone {
            self.hears(Remark::Cancelled { reservation: id });
        }
    }

    /// Gives a ticket or a hold back.
    pub(super) async fn cancel(&self, id: ReservationId) {
        self.hears(Remark::CancelAsked { reservation: id });
        for _ in 0..TRIES {
            let user = self.user;
            let gone = ask(&self.world, user, &CANCEL, move |world, at| reservation::cancel(world, at, user, id)).await;
            match gone {
                Ok(Ok(())) => return self.hears(Remark::Cancelled { reservation: id }),
                Ok(Err(ErrorCode::ReservationInProgress | ErrorCode::ServiceUnavailable)) | Err(_) => {
                    self.wait(1_000, 10_000).await;
                }
                Ok(Err(_)) => return,
            }
        }
    }

    /// Goes to the door with the ticket.
    pub(super) async fn go_in(&self, id: ReservationId) {
        let Some(ticket) = self.ticket(id).await else { return };
        let verified =
            ask(&self.world, self.user, &VERIFY, move |world, _| reservation::use_ticket(world, id, ticket)).await;
        if let Ok(Ok(true)) = verified {
            self.hears(Remark::LetIn { reservation: id });
        }
    }

    async fn ticket(&self, id: ReservationId) -> Option<domain::ticket::TicketNumber> {
        for _ in 0..TRIES {
            let seen = self.look(id).await;
            if let Some(ticket) = seen.filter(|one| one.status == ReservationStatus::Confirmed) {
                return ticket.ticket_number;
            }
            self.wait(1_000, 20_000).await;
        }
        None
    }
}

async fn look(world: Shared, id: ReservationId) -> Answer<Reservation> {
    let found = world.reservation.read(|rows, _| match rows.book.get(id) {
        Some(found) => Ok(found.clone()),
        // A restored database does not say that there is none.
        None if rows.book.is_behind() => Err(ErrorCode::ServiceUnavailable),
        None => Err(ErrorCode::NotFound),
    });
    found.await.map_err(|_| ErrorCode::ServiceUnavailable)?
}
