//! Payment's routes: claim, secure, and how a hold stands.

use super::code_of;
use super::rows::holding;
use crate::bug::Bug;
use crate::world::Shared;
use crate::world::instance::Instance;
use crate::world::network::Answer;
use domain::id::{PaymentId, PaymentKey, ReservationId};
use domain::payment::{Ended, Secured, Standing};
use domain::reservation::{ClaimRequest, Refusal, Reservation, ReservationStatus, SecureRequest, Step};
use domain::{AccountId, ErrorCode, SeatId, Timestamp};
use std::collections::BTreeMap;

/// What `claim` answers: the pair that stands, and the reservation.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) payment: PaymentId,
    pub(crate) key: PaymentKey,
    pub(crate) user: AccountId,
    pub(crate) reservation: Reservation,
}

/// What `secure` answers.
#[derive(Clone, Debug)]
pub(crate) enum SecureAnswer {
    Kept(Secured),
    /// Final.
    Refused,
    Unavailable,
}

/// How a reservation stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StandingAnswer {
    Known(Standing),
    /// There is none.
    Unknown,
    Unavailable,
}

fn claimed(reservation: &Reservation) -> Option<Claimed> {
    let claim = reservation.claim?;
    let (payment, key, user) = (claim.payment, claim.key, reservation.user);
    Some(Claimed { payment, key, user, reservation: reservation.clone() })
}

/// `POST /internal/reservations/{id}/claim`.
pub(crate) async fn claim(world: Shared, at: Instance, request: ClaimRequest) -> Answer<Claimed> {
    if !world.instances.is_ready(at) {
        return Err(ErrorCode::ServiceUnavailable);
    }
    let decided = world.reservation.change(|rows, now| rows.decide(&world, &Step::Claim(request), now)).await;
    match decided {
        Ok(Ok(answer)) => claimed(&answer.reservation).ok_or(ErrorCode::InternalError),
        Ok(Err(refusal)) => Err(code_of(&refusal)),
        Err(_) => Err(ErrorCode::ServiceUnavailable),
    }
}

/// The claim with this key, for captures that payment does not know (hole 9).
pub(crate) async fn claim_by_key(world: Shared, key: PaymentKey) -> Answer<Option<Claimed>> {
    let found = world
        .reservation
        .read(|rows, _| rows.book.iter().find(|one| one.claim.is_some_and(|claim| claim.key == key)).and_then(claimed));
    found.await.map_err(|_| ErrorCode::ServiceUnavailable)
}

/// `GET /internal/reservations/sold/{scheduleId}`: seats with their reservations and holds, and the counter (hole 22).
#[derive(Clone, Debug)]
pub(crate) struct SoldAnswer {
    pub(crate) seats: BTreeMap<SeatId, (ReservationId, i64)>,
    pub(crate) counter: i64,
}

/// Answers it. A restored database does not know.
pub(crate) async fn sold(world: Shared, at: Instance) -> Answer<SoldAnswer> {
    if !world.instances.is_ready(at) {
        return Err(ErrorCode::ServiceUnavailable);
    }
    let sold = world.reservation.read(|rows, _| {
        if rows.book.is_behind() {
            return None;
        }
        let tickets = rows.book.iter().filter(|one| one.status == ReservationStatus::Confirmed || one.used.is_some());
        let seats = tickets.flat_map(|one| one.live_seats().into_iter().map(|seat| (seat, (one.id, one.hold_no))));
        Some(SoldAnswer { seats: seats.collect(), counter: rows.book.hold_no() })
    });
    sold.await.ok().flatten().ok_or(ErrorCode::ServiceUnavailable)
}

/// `POST /internal/reservations/{id}/secure`.
pub(crate) async fn secure(world: Shared, at: Instance, mut request: SecureRequest) -> SecureAnswer {
    if !world.instances.is_ready(at) {
        return SecureAnswer::Unavailable;
    }
    if world.has(Bug::ExpiryInclusive) {
        request.paid_at = Timestamp(request.paid_at.millis() - 1);
    }
    let decided = world.reservation.change(|rows, now| rows.decide(&world, &Step::Secure(request), now)).await;
    match decided {
        Ok(Ok(answer)) => {
            let after = answer.reservation;
            if after.status == ReservationStatus::Pending {
                let _ = world.hot.keep(&holding(&after, after.live_seats())).await;
            }
            SecureAnswer::Kept(Secured { hold_no: after.hold_no, schedule: after.schedule, seats: after.live_seats() })
        }
        Ok(Err(Refusal::Unsecured(why))) => {
            world.tell(|| format!("secure of #{} is refused: {why:?}", request.reservation.get().as_u128()));
            SecureAnswer::Refused
        }
        Ok(Err(Refusal::NotFound)) => SecureAnswer::Refused,
        Ok(Err(_)) | Err(_) => SecureAnswer::Unavailable,
    }
}

/// `GET /internal/reservations/{id}`, as payment reads it: whether the hold runs is reservation's clock to say (hole 15).
pub(crate) async fn standing(
    world: Shared,
    at: Instance,
    reservation: ReservationId,
    payment: PaymentId,
) -> StandingAnswer {
    if !world.instances.is_ready(at) {
        return StandingAnswer::Unavailable;
    }
    let is_inclusive = world.has(Bug::ExpiryInclusive);
    let stands = world.reservation.read(|rows, now| {
        let now = if is_inclusive { Timestamp(now.millis() - 1) } else { now };
        if rows.book.is_behind() {
            return StandingAnswer::Unavailable;
        }
        rows.book.get(reservation).map_or(StandingAnswer::Unknown, |one| StandingAnswer::Known(of(one, payment, now)))
    });
    stands.await.unwrap_or(StandingAnswer::Unavailable)
}

fn of(one: &Reservation, payment: PaymentId, now: Timestamp) -> Standing {
    let is_own = one.is_claimed_by(payment);
    match one.status {
        _ if one.is_expired(now) => Standing::Ended(Ended::RunOut),
        ReservationStatus::Cancelled => Standing::Ended(Ended::Cancelled),
        ReservationStatus::Confirmed if is_own => Standing::Sold,
        ReservationStatus::Confirmed => Standing::Ended(Ended::Cancelled),
        ReservationStatus::Pending if one.is_secured() && is_own => Standing::Kept,
        ReservationStatus::Pending => Standing::Running,
    }
}
