//! What others say: the ends of reservations, and the provider's notices. Both are only noted (hole 14).

use super::rows::PaymentRows;
use crate::bug::Bug;
use crate::world::messages::{Body, Message};
use crate::world::network::Answer;
use crate::world::{Shared, World};
use domain::id::PaymentKey;
use domain::{ErrorCode, Timestamp};

/// `reservation.events`.
pub(super) fn reservation(world: &World, rows: &mut PaymentRows, message: &Message, now: Timestamp) -> bool {
    let Body::ReservationCancelled(told) = &message.body else { return true };
    let hold_no = if world.has(Bug::NoHoldNumber) { None } else { told.hold_no };
    let Some(payment) = rows.of_reservation(told.reservation) else { return true };
    let reason = told.reason.as_str();
    if let Some(changed) = payment.reservation_cancelled(reason, hold_no, now) {
        rows.keep(world, changed, now);
    }
    true
}

/// `POST /payments/webhook`.
pub(crate) async fn notice(world: Shared, key: PaymentKey) -> Answer<()> {
    let noted = world.payment.change(|rows, now| match rows.of_key(key).map(|payment| payment.noticed(now)) {
        Some(noticed) => rows.put(&world, noticed),
        None => drop(rows.strange.insert(key)),
    });
    noted.await.map_err(|_| ErrorCode::ServiceUnavailable)
}
