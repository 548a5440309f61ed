//! Payments that a restored database has lost are made again (hole 9): when reservation asks for one, and from the provider's
//! list of our store.

use super::LIMIT_MS;
use super::create::begin;
use crate::reservation::{self, Claimed};
use crate::world::Shared;
use crate::world::instance::{Instance, Role};
use crate::world::network::{Answer, call};
use domain::ErrorCode;
use domain::payment::Payment;
use domain::reservation::ReservationStatus;

/// Between two comparisons with the provider's list, in milliseconds.
const PAUSE_MS: i64 = 8 * 3_600_000;

/// `POST /internal/payments/adopt`.
pub(crate) async fn adopt(world: Shared, at: Instance, claimed: Claimed) -> Answer<()> {
    let now = world.now_of(at);
    let made = world.payment.change(|rows, _| {
        if rows.of_reservation(claimed.reservation.id).is_none() {
            let is_confirmed = claimed.reservation.status == ReservationStatus::Confirmed;
            world.tell(|| format!("payment #{} is made again", claimed.payment.get().as_u128()));
            rows.put(&world, Payment::adopt(begin(&claimed), is_confirmed, now));
        }
    });
    made.await.map_err(|_| ErrorCode::ServiceUnavailable)
}

/// Runs for ever.
pub(super) async fn run(world: Shared, at: Instance) {
    loop {
        world.machine.sleep(PAUSE_MS).await;
        if !world.instances.leads(at) {
            continue;
        }
        let listed = world.provider.keys();
        let unknown = world
            .payment
            .read(|rows, _| listed.into_iter().filter(|key| rows.of_key(*key).is_none()).collect::<Vec<_>>());
        for key in unknown.await.unwrap_or_default() {
            let claim =
                call(&world, Role::Reservation, LIMIT_MS, move |world, _| reservation::claim_by_key(world, key));
            if let Ok(Ok(Some(claimed))) = claim.await {
                let _ = adopt(std::rc::Rc::clone(&world), at, claimed).await;
            }
        }
    }
}
