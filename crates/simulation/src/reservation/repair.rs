//! `onsale reconcile --seats --repair` of a reservation database that was put back to an older copy (hole 7): what payment has as
//! SUCCESS is a ticket again, and the counter of holds goes above all.

use super::rows::ReservationRows;
use crate::world::World;
use domain::Timestamp;
use domain::payment::{Payment, PaymentStatus};
use domain::reservation::{CancelReason, Claim, PaymentState, Reservation, ReservationStatus, ReservedSeat};
use domain::ticket::TicketNumber;

/// Repairs, if it is behind. The operator runs it when payment and catalog answer. Whether there was anything to do.
pub(crate) fn run(world: &World) -> bool {
    let is_behind = world.reservation.look(|rows| rows.book.is_behind());
    if !is_behind || world.payment.is_away() || world.catalog.is_away() || world.reservation.is_away() {
        return false;
    }
    let payments: Vec<Payment> = world.payment.look(|rows| rows.payments.values().cloned().collect());
    let seen = world.payment.look(|rows| rows.greatest_hold_no());
    let seen = seen.max(world.catalog.look(|rows| rows.greatest_hold_no()));
    world.tell(|| format!("reservation is behind, and repaired: the counter goes above {seen}"));
    world.reservation.at_once(|rows, now| {
        rows.book.raise_hold_no(seen);
        for payment in payments.iter().filter(|payment| payment.status == PaymentStatus::Success) {
            take_over(world, rows, payment, now);
        }
    });
    true
}

fn take_over(world: &World, rows: &mut ReservationRows, payment: &Payment, now: Timestamp) {
    let id = payment.reservation;
    let is_known = rows.book.get(id).is_some_and(|one| {
        one.status == ReservationStatus::Confirmed && one.hold_no == payment.hold_no && one.is_claimed_by(payment.id)
    });
    if is_known {
        return;
    }
    // Whoever has the seats by the old copy had let them go before this payment took them.
    for seat in &payment.seats {
        let owner = rows.book.owner(payment.schedule, *seat).filter(|owner| *owner != id);
        if let Some(other) = owner.and_then(|owner| rows.book.get(owner)).cloned() {
            rows.end_again(world, ended(other, now), now);
        }
    }
    let before = rows.book.get(id).cloned();
    put(world, rows, ticket(world, before, payment, now));
}

/// Puts a row in place of another one.
fn put(world: &World, rows: &mut ReservationRows, reservation: Reservation) {
    world.tell(|| {
        let (id, status) = (reservation.id.get().as_u128(), reservation.status.as_str());
        format!("repair: reservation #{id} is {status} with hold {}", reservation.hold_no)
    });
    rows.replace(reservation);
}

fn ended(of: Reservation, now: Timestamp) -> Reservation {
    let of_time = of.hold_expires_at;
    let mut after = of;
    after.status = ReservationStatus::Cancelled;
    // The seats went to another one after that: it was let go, or ran out.
    let is_over = of_time <= now;
    after.cancel_reason = Some(if is_over { CancelReason::HoldExpired } else { CancelReason::UserRequest });
    after.cancelled_at = Some(now);
    after.secured_at = None;
    after.seats.iter_mut().for_each(|seat| seat.is_live = false);
    after
}

fn ticket(world: &World, before: Option<Reservation>, payment: &Payment, now: Timestamp) -> Reservation {
    let seat = |(slot, seat): (usize, &domain::SeatId)| {
        let wish = world.show.wish(*seat)?.clone();
        let (seat, number, grade, price) = (wish.seat, wish.number, wish.grade, wish.price);
        Some(ReservedSeat { seat, number, grade, price, slot: slot as u8 + 1, is_live: true })
    };
    let claim = Claim {
        payment: payment.id,
        key: payment.key,
        amount: payment.amount,
        hold_no: payment.hold_no,
        coupon: None,
        is_provisional: false,
        at: payment.created_at,
    };
    Reservation {
        id: payment.reservation,
        user: payment.user,
        schedule: payment.schedule,
        event: world.show.event,
        status: ReservationStatus::Confirmed,
        cancel_reason: None,
        total_amount: payment.total_amount,
        hold_expires_at: payment.hold_expires_at,
        hold_no: payment.hold_no,
        extended_at: before.as_ref().and_then(|before| before.extended_at),
        claim: Some(claim),
        secured_at: Some(now),
        payment_state: PaymentState::Success,
        paid_amount: Some(payment.amount),
        ticket_number: Some(TicketNumber::new(now, world.machine.number() as u64)),
        used: before.and_then(|before| before.used),
        confirmed_at: Some(now),
        cancelled_at: None,
        ask_at: None,
        created_at: now,
        seats: payment.seats.iter().enumerate().filter_map(seat).collect(),
    }
}
