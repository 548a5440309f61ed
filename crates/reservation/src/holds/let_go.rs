//! Extending a hold, letting it go, cancelling a reservation (RSV-006).

use super::refusal::refused;
use crate::rows::read;
use crate::service::ReservationService;
use crate::views::hold::ExtendedView;
use crate::views::reservation::CancelledView;
use domain::reservation::{Cancellation, Reservation};
use domain::seat::Holding;
use domain::{AccountId, ErrorCode, PassId, ReservationId, Timestamp};
use hot::line::Clock;
use onsale_http::ApiError;

impl ReservationService {
    /// Lets a hold live longer, once (amendment 20).
    ///
    /// # Errors
    /// In this order: `NOT_FOUND` where the setting is 0, `QUEUE_TOKEN_EXPIRED`, `QUEUE_TOKEN_INVALID`, `NOT_FOUND`, `FORBIDDEN`,
    /// `RESERVATION_ALREADY_CANCELLED`, `HOLD_EXPIRED`, `RESERVATION_NOT_MODIFIABLE`, `RESERVATION_IN_PROGRESS`,
    /// `HOLD_ALREADY_EXTENDED` with `holdExpiresAt`; `SERVICE_UNAVAILABLE`.
    pub async fn extend(&self, user: AccountId, pass: PassId, id: ReservationId) -> Result<ExtendedView, ApiError> {
        let by_ms = self.settings().hold_extend_seconds.saturating_mul(1_000);
        if by_ms == 0 {
            return Err(ErrorCode::NotFound.into());
        }
        let standing = read::standing(self.ledger(), id, self.time_source()).await?;
        if let Some(done) = standing.as_ref().filter(|_| call::is_done()) {
            return Ok(ExtendedView::new(&done.reservation, done.now));
        }
        let known = standing.as_ref().map(|standing| standing.reservation.schedule);
        self.queue().pass(pass, user, None, known).await?;
        let standing = standing.ok_or_else(|| ApiError::from(ErrorCode::NotFound))?;
        let (service, before) = (self.clone(), standing.reservation);
        let by_ms = i64::try_from(by_ms).unwrap_or(i64::MAX);
        let extended = run_to_end(async move {
            let answer = service.steps().extend(before.id, user, by_ms).await?.map_err(refused)?;
            cut::at("extension-row");
            service.extend_hot(&answer.reservation).await;
            Ok(answer.reservation)
        });
        Ok(ExtendedView::new(&extended.await?, standing.now))
    }

    /// The rest of the hold by the clock of the tables, from now on by the engine's (part 2, 15).
    async fn extend_hot(&self, of: &Reservation) {
        let now = self.now().await.unwrap_or_else(|_| clock::now());
        let until = Timestamp(clock::now().millis() + (of.hold_expires_at.millis() - now.millis()));
        let extended = self.seats().extend(&holding(of), until, Clock::Engine).await;
        if !extended.is_ok_and(|others| others.is_empty()) {
            tracing::warn!(reservation = %of.id, "an extended hold is put right in hot state later");
        }
    }

    /// Lets a hold go.
    ///
    /// # Errors
    /// In this order: `NOT_FOUND`, `FORBIDDEN`, `RESERVATION_IN_PROGRESS` while another call of the person is being decided,
    /// `HOLD_EXPIRED`, `RESERVATION_ALREADY_CANCELLED`, `RESERVATION_NOT_MODIFIABLE`, `RESERVATION_IN_PROGRESS` between payment
    /// and ticket; `SERVICE_UNAVAILABLE`.
    pub async fn release(&self, user: AccountId, id: ReservationId) -> Result<(), ApiError> {
        let before = self.own(user, id).await?;
        if call::is_done() {
            return Ok(());
        }
        let decision = self.deciding().begin(before.schedule, user).await;
        let decision = decision.ok_or_else(|| ApiError::from(ErrorCode::ReservationInProgress))?;
        let service = self.clone();
        run_to_end(async move {
            let released = service.let_hold_go(id, user).await;
            decision.end().await;
            released
        })
        .await
    }

    async fn let_hold_go(&self, id: ReservationId, user: AccountId) -> Result<(), ApiError> {
        let answer = self.steps().release_hold(id, user).await?.map_err(refused)?;
        self.let_go_hot(&answer.reservation, answer.given_up).await;
        Ok(())
    }

    /// Cancels a hold or a ticket; what was paid is given back.
    ///
    /// # Errors
    /// In this order: `NOT_FOUND`, `FORBIDDEN`, `RESERVATION_ALREADY_CANCELLED`, `RESERVATION_IN_PROGRESS` between payment and
    /// ticket, `CANCELLATION_NOT_ALLOWED` from the day of the event on and of a ticket that was used; `SERVICE_UNAVAILABLE`.
    pub async fn cancel(&self, user: AccountId, id: ReservationId) -> Result<CancelledView, ApiError> {
        let before = self.own(user, id).await?;
        if call::is_done() {
            return Ok(CancelledView::new(&before));
        }
        // An event that is gone is no day on which anybody could come.
        let day_begins_at = match self.catalog().event_start_at(before.schedule).await? {
            Some(event_start_at) => self.settings().day_begins_at(event_start_at),
            None => Timestamp(i64::MAX),
        };
        let service = self.clone();
        run_to_end(async move {
            let request = Cancellation { reservation: id, user, day_begins_at };
            let answer = service.steps().cancel(request).await?.map_err(refused)?;
            service.let_go_hot(&answer.reservation, answer.given_up).await;
            Ok(CancelledView::new(&answer.reservation))
        })
        .await
    }

    /// A reservation of this person.
    ///
    /// # Errors
    /// `NOT_FOUND`, then `FORBIDDEN`, before anything about its state; `SERVICE_UNAVAILABLE`.
    pub(super) async fn own(&self, user: AccountId, id: ReservationId) -> Result<Reservation, ApiError> {
        let reservation = read::one(self.ledger(), id).await?.ok_or_else(|| ApiError::from(ErrorCode::NotFound))?;
        if reservation.user == user { Ok(reservation) } else { Err(ErrorCode::Forbidden.into()) }
    }
}

/// All live seats of a reservation.
pub(super) fn holding(of: &Reservation) -> Holding {
    Holding { schedule: of.schedule, reservation: of.id, user: of.user, seats: of.live_seats() }
}

/// Runs a change to its end, even if the caller disconnects in between: hot state follows the row.
pub(super) async fn run_to_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::spawn(call::carried(change)).await.map_err(ApiError::internal)?
}
