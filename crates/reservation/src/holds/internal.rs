//! What other roles ask of reservations: payment claims and secures, the catalog compares sold seats, the queue follows the stock.

use super::let_go::{holding, run_to_end};
use super::lookup;
use super::refusal::refused;
use crate::rows::read;
use crate::service::ReservationService;
use crate::views::internal::{HeldView, InternalReservation, SoldSeat, SoldView};
use domain::line::Stock;
use domain::reservation::{ClaimRequest, Reservation, SecureRequest};
use domain::{ErrorCode, PaymentKey, ReservationId, ScheduleId, Timestamp};
use hot::line::Clock;
use ledger::LedgerError;
use onsale_http::ApiError;

impl ReservationService {
    /// A reservation, as other roles see it.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn internal(&self, id: ReservationId) -> Result<InternalReservation, ApiError> {
        let standing = read::standing(self.ledger(), id, self.time_source()).await?;
        let standing = standing.ok_or_else(|| ApiError::from(ErrorCode::NotFound))?;
        Ok(InternalReservation::new(&standing.reservation, standing.now))
    }

    /// As [`ReservationService::internal`], by the name at the provider of the payment that stands on it (part 2, 9).
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn internal_of_payment_key(&self, key: PaymentKey) -> Result<InternalReservation, ApiError> {
        let standing = read::of_payment_key(self.ledger(), key, self.time_source()).await?;
        let standing = standing.ok_or_else(|| ApiError::from(ErrorCode::NotFound))?;
        Ok(InternalReservation::new(&standing.reservation, standing.now))
    }

    /// Lets a payment stand on a reservation; answers it with the pair that stands (part 2, 10). May be repeated.
    ///
    /// # Errors
    /// `NOT_FOUND`, `FORBIDDEN`, `PAYMENT_ALREADY_EXISTS`, `HOLD_EXPIRED`, `RESERVATION_NOT_PAYABLE`, `PAYMENT_AMOUNT_MISMATCH`,
    /// `RESERVATION_IN_PROGRESS` (the hold has changed since its discount was worked out); `SERVICE_UNAVAILABLE`.
    pub async fn claim(&self, request: ClaimRequest) -> Result<InternalReservation, ApiError> {
        match self.steps().claim(request).await {
            Ok(Ok(answer)) => self.shown(&answer.reservation).await,
            Ok(Err(refusal)) => Err(refused(refusal)),
            // The payment stands on another reservation.
            Err(LedgerError::Conflict(_)) => Err(ErrorCode::PaymentAlreadyExists.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the seats until the payment has decided, re-taking those of a hold that ran out. Its answer is final (part 2, 4).
    ///
    /// # Errors
    /// `NOT_FOUND`; a code of 409 with `reason` for ever; `SERVICE_UNAVAILABLE`.
    pub async fn secure(&self, request: SecureRequest) -> Result<InternalReservation, ApiError> {
        let service = self.clone();
        run_to_end(async move {
            let answer = service.steps().secure(request).await?.map_err(refused)?;
            service.keep_hot(&answer.reservation).await;
            service.shown(&answer.reservation).await
        })
        .await
    }

    async fn keep_hot(&self, of: &Reservation) {
        if !of.is_secured() {
            return;
        }
        let kept = self.seats().keep(&holding(of), Clock::Engine).await;
        if !kept.is_ok_and(|others| others.is_empty()) {
            tracing::warn!(reservation = %of.id, "kept seats are put right in hot state later");
        }
    }

    async fn shown(&self, reservation: &Reservation) -> Result<InternalReservation, ApiError> {
        Ok(InternalReservation::new(reservation, self.now().await?))
    }

    /// The sold seats of a schedule by the tables (part 2, 22).
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn sold(&self, schedule: ScheduleId) -> Result<SoldView, ApiError> {
        let sold = read::sold(self.ledger(), schedule).await?;
        let seat = |seat: &crate::model::SoldSeat| SoldSeat {
            seat_id: seat.seat,
            reservation_id: seat.reservation,
            hold_no: seat.hold_no,
        };
        Ok(SoldView {
            sold_seat_ids: sold.seats.iter().map(|seat| seat.seat).collect(),
            seats: sold.seats.iter().map(seat).collect(),
            counter: sold.counter,
        })
    }

    /// How many seats of a schedule are reservations' that stand.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn held(&self, schedule: ScheduleId) -> Result<HeldView, ApiError> {
        Ok(HeldView { held: read::count_live(self.ledger(), schedule).await?, seat_ids: None })
    }

    /// The same, and which seats they are.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn held_seats(&self, schedule: ScheduleId) -> Result<HeldView, ApiError> {
        let seats = read::live_seats(self.ledger(), schedule).await?;
        Ok(HeldView { held: seats.len() as u64, seat_ids: Some(seats) })
    }

    /// The stock behind a schedule's line (QUEUE-013): seats that can be held now, and people with a reservation that was made
    /// within `within_ms`.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn stock(&self, id: ScheduleId, within_ms: u64) -> Result<Stock, ApiError> {
        let schedule = self.catalog().schedule(id).await?;
        if schedule.window.is_cancelled {
            return Ok(Stock::default());
        }
        let state = self.board().state(&schedule).await?;
        let within_ms = i64::try_from(within_ms).unwrap_or(i64::MAX);
        let since = Timestamp(self.now().await?.millis().saturating_sub(within_ms).max(0));
        let holders = lookup::holders(self.ledger(), id, since).await?;
        Ok(Stock { free: state.free_or_returned(schedule.seats.seats().len()), holders })
    }

    /// The number of a hold that was drawn last.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn hold_no(&self) -> Result<i64, ApiError> {
        Ok(read::hold_no(self.ledger()).await?)
    }
}
