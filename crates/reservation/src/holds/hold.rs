//! Holding seats (RSV-001, RSV-005, RSV-014).

use super::attempt::{NotGiven, Wanted};
use super::new_id;
use crate::peers::Schedule;
use crate::rows::read;
use crate::service::ReservationService;
use crate::views::hold::{Choice, HoldAsked, HoldView};
use domain::catalog::NotSellable;
use domain::line::IssuedPass;
use domain::reservation::Reservation;
use domain::{AccountId, ErrorCode, PassId, ReservationId, ScheduleId, SeatId};
use onsale_http::ApiError;
use std::time::Duration;
use tokio::time::Instant;

/// Pause before a waiting call tries again while another call of the same person is being decided.
const OWN_PAUSE: Duration = Duration::from_millis(50);

impl ReservationService {
    /// Holds seats for a person with a pass. With `waitMs` it waits for seats that others hold, in the order of the calls.
    ///
    /// # Errors
    /// In the order of the contract: `QUEUE_TOKEN_EXPIRED`, `QUEUE_TOKEN_INVALID`, `NOT_FOUND`, `EVENT_CANCELLED`,
    /// `TICKET_SALE_NOT_STARTED`, `TICKET_SALE_ENDED`, `SEAT_NOT_FOUND`, `RESERVATION_IN_PROGRESS`, `MAX_SEATS_EXCEEDED`,
    /// `SEAT_ALREADY_SOLD`, `SEAT_ALREADY_HELD` with `taken` and `instead`, `SEAT_NOT_AVAILABLE`; `SERVICE_UNAVAILABLE`.
    pub async fn hold(&self, user: AccountId, pass: PassId, asked: HoldAsked) -> Result<HoldView, ApiError> {
        let id = new_id::of_call();
        if call::is_done() {
            return self.made_before(id).await;
        }
        let pass = self.queue().pass(pass, user, Some(asked.schedule), None).await?;
        let schedule = self.for_sale(asked.schedule).await?;
        let wait = Duration::from_millis(asked.wait_ms.min(self.settings().wait_max_ms));
        let made = match &asked.choice {
            Choice::Seats(seats) => {
                let wanted = Wanted { schedule, user, ticket: Some(pass.ticket), seats: seats.clone() };
                self.hold_these(wanted, id, wait).await?
            }
            Choice::Best(wish) => self.hold_best(&schedule, &pass, wish, id, wait).await?,
        };
        Ok(HoldView::new(&made, made.created_at))
    }

    /// The answer of a call whose effect stands already: of its reservations under this key the last.
    async fn made_before(&self, id: ReservationId) -> Result<HoldView, ApiError> {
        let mut last = None;
        let mut next = id;
        while let Some(standing) = read::standing(self.ledger(), next, self.time_source()).await? {
            next = new_id::after(&standing.reservation);
            last = Some(standing);
        }
        let standing = last.ok_or_else(|| ApiError::internal("a hold that was stored is not there"))?;
        Ok(HoldView::new(&standing.reservation, standing.now))
    }

    /// The id for a call whose key was used before, after its time.
    async fn next_id(&self, old: ReservationId) -> Result<ReservationId, ApiError> {
        let old = read::one(self.ledger(), old).await?;
        // A reservation is never removed.
        old.map(|old| new_id::after(&old)).ok_or_else(ApiError::unavailable)
    }

    /// A schedule whose seats can be bought now.
    ///
    /// # Errors
    /// `NOT_FOUND`, `EVENT_CANCELLED`, `TICKET_SALE_NOT_STARTED`, `TICKET_SALE_ENDED`, `SERVICE_UNAVAILABLE`.
    pub(super) async fn for_sale(&self, id: ScheduleId) -> Result<Schedule, ApiError> {
        let schedule = self.catalog().schedule(id).await?;
        if self.cancelled().has(self.ledger(), id).await? {
            return Err(ErrorCode::EventCancelled.into());
        }
        match schedule.window.check(clock::now()) {
            Ok(()) => Ok(schedule),
            Err(NotSellable::Cancelled) => {
                // As if its message had come (part 2, 6).
                if let Err(error) = self.steps().remember_cancelled(&[id]).await {
                    tracing::warn!(%error, "a cancelled schedule is remembered later");
                }
                Err(ErrorCode::EventCancelled.into())
            }
            Err(NotSellable::NotStarted) => Err(ErrorCode::TicketSaleNotStarted.into()),
            Err(NotSellable::Ended) => Err(ErrorCode::TicketSaleEnded.into()),
        }
    }

    async fn hold_these(&self, wanted: Wanted, mut id: ReservationId, wait: Duration) -> Result<Reservation, ApiError> {
        let is_known = |seat: &SeatId| wanted.schedule.seats.seat(*seat).is_some();
        if !wanted.seats.iter().all(is_known) {
            return Err(ErrorCode::SeatNotFound.into());
        }
        let deadline = Instant::now() + wait;
        let mut has_waited = false;
        loop {
            let Some(decision) = self.deciding().begin(wanted.schedule.show.id, wanted.user).await else {
                // Not the call's own first try: a decision of the same person does not end the wait of another call.
                if has_waited && Instant::now() < deadline {
                    tokio::time::sleep(OWN_PAUSE).await;
                    continue;
                }
                return Err(ErrorCode::ReservationInProgress.into());
            };
            let refusal = match self.make(wanted.clone(), id, decision).await {
                Ok(made) => return Ok(made),
                Err(NotGiven::OldId) => {
                    id = self.next_id(id).await?;
                    continue;
                }
                Err(refusal) => refusal,
            };
            if !refusal.is_worth_waiting() || Instant::now() >= deadline {
                return Err(self.with_instead(&wanted, &[], refusal).await);
            }
            has_waited = true;
            self.waiting().until_free(&wanted.schedule, &wanted.seats, wanted.ticket, deadline).await;
        }
    }

    /// Holds the best seats: chosen among those that are free, apart from what others are choosing at the same moment.
    async fn hold_best(
        &self,
        schedule: &Schedule,
        pass: &IssuedPass,
        wish: &crate::views::hold::BestWish,
        mut id: ReservationId,
        wait: Duration,
    ) -> Result<Reservation, ApiError> {
        let (user, ticket) = (pass.user_id, Some(pass.ticket));
        let deadline = Instant::now() + wait;
        let mut has_waited = false;
        // Seats that were refused, whatever hot state says: it may have lost them.
        let mut refused = Vec::new();
        loop {
            let decision = self.deciding().begin(schedule.show.id, user).await;
            if decision.is_none() && has_waited && Instant::now() < deadline {
                tokio::time::sleep(OWN_PAUSE).await;
                continue;
            }
            let decision = decision.ok_or_else(|| ApiError::from(ErrorCode::ReservationInProgress))?;
            if wish.count > usize::from(self.settings().max_seats) {
                decision.end().await;
                return Err(super::refusal::too_many(None));
            }
            let Some(pick) = self.pick(schedule, wish, ticket, &refused).await? else {
                decision.end().await;
                if Instant::now() >= deadline {
                    return Err(self.none_left(schedule, wish, ticket).await);
                }
                (has_waited, refused) = (true, Vec::new());
                self.waiting().until_enough(schedule, wish, ticket, deadline).await;
                continue;
            };
            let wanted = Wanted { schedule: schedule.clone(), user, ticket, seats: pick.seats().to_vec() };
            match self.make(wanted, id, decision).await {
                Ok(made) => {
                    pick.succeeded();
                    return Ok(made);
                }
                // Somebody else was faster: the next choice is made among what is free now.
                Err(NotGiven::Taken { seats, .. }) => {
                    refused.extend(seats);
                    pick.failed();
                }
                Err(NotGiven::OldId) => id = self.next_id(id).await?,
                Err(refusal) => return Err(refusal.answer()),
            }
        }
    }
}
