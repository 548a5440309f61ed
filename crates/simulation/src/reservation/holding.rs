//! People's routes: hold, swap, extend, let go, cancel; and the door's.

use super::code_of;
use super::rows::holding;
use crate::world::Shared;
use crate::world::instance::Instance;
use crate::world::network::Answer;
use crate::world::store::NoRows;
use domain::id::ReservationId;
use domain::line::QueueNumber;
use domain::reservation::{Cancellation, HoldWish, Refusal, Reservation, SeatWish, Step, SwapWish, UseWish};
use domain::seat::{HoldOutcome, HoldRequest, Release, Window};
use domain::ticket::TicketNumber;
use domain::{AccountId, ErrorCode, SeatId, Timestamp};

/// `reservation.hold_ttl_seconds`, `hold_extend_seconds`, `max_seats`.
const TTL_MS: i64 = 300_000;
const EXTEND_MS: i64 = 120_000;
const SEATS_MAX: u8 = 4;
/// Times that a hold asks hot state again because of holds without a row.
const TRIES: u32 = 3;

/// A hold as a person asks for it.
#[derive(Clone)]
pub(crate) struct HoldCall {
    pub(crate) user: AccountId,
    pub(crate) seats: Vec<SeatId>,
    pub(crate) ticket: QueueNumber,
    /// What follows from an `Idempotency-Key`.
    pub(crate) key: Option<ReservationId>,
}

/// What a person hears of a hold.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) reservation: ReservationId,
    pub(crate) total_amount: i64,
    pub(crate) until: Timestamp,
}

fn unavailable(_: NoRows) -> ErrorCode {
    ErrorCode::ServiceUnavailable
}

fn held(of: &Reservation) -> Held {
    Held { reservation: of.id, total_amount: of.total_amount, until: of.hold_expires_at }
}

fn demand_ready(world: &Shared, at: Instance) -> Answer<()> {
    if world.instances.is_ready(at) { Ok(()) } else { Err(ErrorCode::ServiceUnavailable) }
}

fn wishes(world: &Shared, seats: &[SeatId]) -> Answer<Vec<SeatWish>> {
    let found = seats.iter().map(|seat| world.show.wish(*seat).cloned());
    found.collect::<Option<Vec<_>>>().ok_or(ErrorCode::SeatNotFound)
}

/// `POST /reservations/hold`.
pub(crate) async fn hold(world: Shared, at: Instance, asked: HoldCall) -> Answer<Held> {
    demand_ready(&world, at)?;
    let reservation = asked.key.unwrap_or_else(|| ReservationId(world.id()));
    let seats = wishes(&world, &asked.seats)?;
    let request = HoldRequest {
        schedule: world.show.schedule,
        reservation,
        user: asked.user,
        seats: asked.seats.clone(),
        replaces: None,
        rowless: Vec::new(),
        ticket: Some(asked.ticket),
        is_retake: false,
        seats_max: SEATS_MAX,
        ttl_ms: TTL_MS.unsigned_abs(),
        window: world.window(),
    };
    take(&world, request).await?;
    let (schedule, event) = (world.show.schedule, world.show.event);
    let (user, ttl_ms) = (asked.user, TTL_MS);
    let wish = HoldWish { reservation, user, schedule, event, seats, seats_max: SEATS_MAX, ttl_ms };
    let decided = world.reservation.change(|rows, now| rows.decide(&world, &Step::Hold(wish), now)).await;
    match decided {
        Ok(Ok(answer)) => Ok(held(&answer.reservation)),
        Ok(Err(refusal)) => {
            let _ = give_back(&world, reservation, asked.user, asked.seats).await;
            Err(code_of(&refusal))
        }
        Err(NoRows::Away) => {
            let _ = give_back(&world, reservation, asked.user, asked.seats).await;
            Err(ErrorCode::ServiceUnavailable)
        }
        // The row may be there: what has none is put right later.
        Err(NoRows::Unknown) => Err(ErrorCode::ServiceUnavailable),
    }
}

/// Seats in hot state, all or none. Holds of the same person without a row are in nobody's way (hole 17).
async fn take(world: &Shared, mut request: HoldRequest) -> Answer<()> {
    for _ in 0..TRIES {
        let outcome = world.hot.hold(&request).await.map_err(|_| ErrorCode::ServiceUnavailable)?;
        let (own, refused) = match outcome {
            HoldOutcome::Held { .. } => return Ok(()),
            HoldOutcome::Taken { own, .. } => (own, ErrorCode::SeatAlreadyHeld),
            HoldOutcome::TooMany { own, .. } => (own, ErrorCode::MaxSeatsExceeded),
        };
        let is_rowless =
            |rows: &super::ReservationRows, id: &ReservationId| rows.book.get(*id).is_none_or(|one| !one.is_live());
        let rowless = world.reservation.read(|rows, now| {
            let has_ended = |id: &ReservationId| rows.book.get(*id).is_some_and(|one| one.has_run_out(now));
            own.iter().copied().filter(|id| is_rowless(rows, id) || has_ended(id)).collect::<Vec<_>>()
        });
        let rowless = rowless.await.map_err(unavailable)?;
        if rowless.is_empty() {
            return Err(refused);
        }
        request.rowless.extend(rowless);
    }
    Err(ErrorCode::SeatAlreadyHeld)
}

/// Gives back what has no live row.
async fn give_back(
    world: &Shared,
    reservation: ReservationId,
    user: AccountId,
    seats: Vec<SeatId>,
) -> Result<(), NoRows> {
    let kept = world.reservation.read(|rows, _| {
        rows.book.get(reservation).filter(|one| one.is_live()).map_or(Vec::new(), Reservation::live_seats)
    });
    let kept = kept.await?;
    let seats = seats.into_iter().filter(|seat| !kept.contains(seat)).collect();
    let of = domain::seat::Holding { schedule: world.show.schedule, reservation, user, seats };
    let _ = world.hot.release(&Release { of, window: world.window() }).await;
    Ok(())
}

/// `PUT /reservations/hold/{id}`: the new seats in hot state, then the row, then the old ones go in hot state.
pub(crate) async fn swap(
    world: Shared,
    at: Instance,
    user: AccountId,
    reservation: ReservationId,
    seats: Vec<SeatId>,
) -> Answer<Held> {
    demand_ready(&world, at)?;
    let standing = world.reservation.read(|rows, now| rows.book.get(reservation).cloned().map(|one| (one, now)));
    let (standing, now) = standing.await.map_err(unavailable)?.ok_or(ErrorCode::NotFound)?;
    let rest_ms =
        u64::try_from(standing.hold_expires_at.millis() - now.millis()).map_err(|_| ErrorCode::HoldExpired)?;
    let wished = wishes(&world, &seats)?;
    let request = HoldRequest {
        schedule: world.show.schedule,
        reservation,
        user,
        seats: seats.clone(),
        replaces: Some(reservation),
        rowless: Vec::new(),
        ticket: None,
        is_retake: false,
        seats_max: SEATS_MAX,
        ttl_ms: rest_ms,
        window: Window::OPEN,
    };
    if !standing.is_live() {
        return Err(ErrorCode::ReservationAlreadyCancelled);
    }
    take(&world, request).await?;
    let wish = SwapWish { reservation, user, seats: wished, seats_max: SEATS_MAX };
    match world.reservation.change(|rows, now| rows.decide(&world, &Step::Swap(wish), now)).await {
        Ok(Ok(answer)) => {
            free(&world, &answer.reservation, answer.given_up).await;
            Ok(held(&answer.reservation))
        }
        Ok(Err(refusal)) => {
            let _ = give_back(&world, reservation, user, seats).await;
            Err(code_of(&refusal))
        }
        Err(_) => Err(ErrorCode::ServiceUnavailable),
    }
}

/// Tells hot state that seats are free.
pub(super) async fn free(world: &Shared, of: &Reservation, seats: Vec<SeatId>) {
    if !seats.is_empty() {
        let release = Release { of: holding(of, seats), window: world.window() };
        // What is lost here is put right later.
        let _ = world.hot.release(&release).await;
    }
}

async fn decide(world: &Shared, at: Instance, step: Step) -> Answer<Reservation> {
    demand_ready(world, at)?;
    let decided = world.reservation.change(|rows, now| rows.decide(world, &step, now)).await.map_err(unavailable)?;
    let answer = decided.map_err(|refusal| code_of(&refusal))?;
    free(world, &answer.reservation, answer.given_up).await;
    Ok(answer.reservation)
}

/// `POST /reservations/hold/{id}/extend`.
pub(crate) async fn extend(world: Shared, at: Instance, user: AccountId, reservation: ReservationId) -> Answer<Held> {
    let after = decide(&world, at, Step::Extend { reservation, user, by_ms: EXTEND_MS }).await?;
    let rest_ms = after.hold_expires_at.millis() - world.reservation.now().millis();
    let until = Timestamp(world.hot.now().millis() + rest_ms);
    let _ = world.hot.extend(&holding(&after, after.live_seats()), until).await;
    Ok(held(&after))
}

/// `DELETE /reservations/hold/{id}`.
pub(crate) async fn release(world: Shared, at: Instance, user: AccountId, reservation: ReservationId) -> Answer<()> {
    decide(&world, at, Step::ReleaseHold { reservation, user }).await.map(drop)
}

/// `DELETE /reservations/{id}`.
pub(crate) async fn cancel(world: Shared, at: Instance, user: AccountId, reservation: ReservationId) -> Answer<()> {
    let day_begins_at = world.show.day_begins_at;
    decide(&world, at, Step::Cancel(Cancellation { reservation, user, day_begins_at })).await.map(drop)
}

/// `POST /tickets/verify`: whether this is the first use.
pub(crate) async fn use_ticket(world: Shared, reservation: ReservationId, number: TicketNumber) -> Answer<bool> {
    let wish = UseWish { reservation, number, gate: None, at: None };
    match world.reservation.change(|rows, now| rows.decide(&world, &Step::Use(wish), now)).await {
        Ok(Ok(answer)) => Ok(answer.has_changed),
        Ok(Err(Refusal::Used { .. } | Refusal::AlreadyCancelled | Refusal::NoTicket | Refusal::NotFound)) => Ok(false),
        Ok(Err(_)) | Err(_) => Err(ErrorCode::ServiceUnavailable),
    }
}
