//! Changing the seats of a hold in one step (RSV-002).

use super::attempt::Wanted;
use super::refusal::refused;
use crate::model::Standing;
use crate::rows::read;
use crate::service::ReservationService;
use crate::views::hold::SwapView;
use domain::reservation::{Scene, swap};
use domain::{AccountId, ErrorCode, PassId, ReservationId, SeatId, Timestamp};
use onsale_http::ApiError;

impl ReservationService {
    /// Gives a hold other seats: the new ones are held before the old ones are let go, and the end of the hold stays.
    ///
    /// # Errors
    /// In this order: `QUEUE_TOKEN_EXPIRED`, `QUEUE_TOKEN_INVALID`, `NOT_FOUND`, `FORBIDDEN`, `HOLD_EXPIRED`,
    /// `RESERVATION_ALREADY_CANCELLED`, `RESERVATION_NOT_MODIFIABLE`, `RESERVATION_IN_PROGRESS` under a payment, then as
    /// [`ReservationService::hold`].
    pub async fn swap(
        &self,
        user: AccountId,
        pass: PassId,
        id: ReservationId,
        seats: Vec<SeatId>,
    ) -> Result<SwapView, ApiError> {
        let read_at = clock::now();
        let standing = read::standing(self.ledger(), id, self.time_source()).await?;
        if let Some(done) = standing.as_ref().filter(|_| call::is_done()) {
            return Ok(SwapView::new(&done.reservation, done.now));
        }
        let known = standing.as_ref().map(|standing| standing.reservation.schedule);
        let pass = self.queue().pass(pass, user, None, known).await?;
        let Standing { reservation: before, now } = standing.ok_or_else(|| ApiError::from(ErrorCode::NotFound))?;
        let is_modifiable =
            swap(&before, user, || Ok((before.seats.clone(), before.hold_no)), Scene { now, is_cancelled: false });
        is_modifiable.map_err(refused)?;
        let schedule = self.for_sale(before.schedule).await?;
        if !seats.iter().all(|seat| schedule.seats.seat(*seat).is_some()) {
            return Err(ErrorCode::SeatNotFound.into());
        }
        let decision = self.deciding().begin(before.schedule, user).await;
        let decision = decision.ok_or_else(|| ApiError::from(ErrorCode::ReservationInProgress))?;
        let ticket = Some(pass.ticket).filter(|_| pass.schedule_id == before.schedule);
        let wanted = Wanted { schedule, user, ticket, seats };
        let own = before.live_seats();
        // By the clock of the tables: what has passed since is told by ours.
        let later = |now: Timestamp| Timestamp(now.millis() + clock::now().millis() - read_at.millis());
        let rest_ms = (before.hold_expires_at.millis() - later(now).millis()).max(0);
        match self.exchange(wanted.clone(), before, rest_ms.unsigned_abs(), decision).await {
            Ok(after) => Ok(SwapView::new(&after, later(now))),
            Err(refusal) => Err(self.with_instead(&wanted, &own, refusal).await),
        }
    }
}
