//! A place in the line (QUEUE-001, QUEUE-011, QUEUE-015).

use super::claims::Claim;
use super::places::is_waiting;
use super::service::{TicketQueue, check_sale};
use super::views::TicketPlace;
use domain::line::{Challenge, LineId, LineStatus, SaleWindow};
use domain::{AccountId, ErrorCode, Network, ScheduleId};
use hot::line::{Clock, Entrant, LineUser};
use onsale_http::ApiError;

/// Who comes, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The person.
    pub person: AccountId,
    /// The network whose position a new place is.
    pub network: Option<Network>,
    /// The answer to what the line asks for (`X-Queue-Challenge`).
    pub answer: Option<&'a [u8]>,
}

/// The person waits in another line: a page leads there, or leaves it.
fn waits_elsewhere(schedule: ScheduleId) -> ApiError {
    ApiError::new(ErrorCode::AlreadyInQueue).with("scheduleId", schedule.to_string())
}

impl TicketQueue {
    /// Takes a place in a schedule's line, or returns the one that the person has. Where nobody waits the pass is made in the
    /// same call, and the next look tells it.
    ///
    /// # Errors
    /// In this order: `NOT_FOUND`; `EVENT_CANCELLED`, `TICKET_SALE_NOT_STARTED`, `TICKET_SALE_ENDED`; `ALREADY_APPROVED`;
    /// `ALREADY_IN_QUEUE` with the line's `scheduleId`; `CHALLENGE_REQUIRED`; `TOO_MANY_POSITIONS`, `QUEUE_FULL`; `SERVICE_UNAVAILABLE` at any time.
    pub async fn enter(&self, arrival: Arrival<'_>, schedule: ScheduleId) -> Result<TicketPlace, ApiError> {
        let sale = self.schedules.window(schedule).await?;
        check_sale(&sale)?;
        let line = self.line(schedule, &sale).await?;
        let who = LineUser { line, user: arrival.person.into() };
        match self.claims.take(arrival.person, schedule).await? {
            Claim::Taken | Claim::Own => self.settle(arrival, schedule, &sale, &who).await,
            Claim::Of(other) => self.enter_beside(arrival, schedule, &sale, &who, other).await,
        }
    }

    /// Another line has the person's claim: it stands while the person waits there.
    async fn enter_beside(
        &self,
        arrival: Arrival<'_>,
        schedule: ScheduleId,
        sale: &SaleWindow,
        who: &LineUser,
        other: ScheduleId,
    ) -> Result<TicketPlace, ApiError> {
        let person = arrival.person;
        let here = self.heard(who).await?;
        if matches!(here, LineStatus::Inside { .. }) {
            return Err(ErrorCode::AlreadyApproved.into());
        }
        // Two calls that both found the claim void must not both take it.
        if !self.claims.begin_move(person).await? {
            return Err(waits_elsewhere(other));
        }
        let moved = async {
            // Another call may have moved it meanwhile.
            let other = self.claims.held(person).await?.unwrap_or(other);
            if other != schedule && self.waits_in(person, other).await? {
                if is_waiting(&here) {
                    // Entering there has given this place up.
                    self.lines.port.leave(who, Clock::Engine).await?;
                }
                return Err(waits_elsewhere(other));
            }
            self.claims.put(person, schedule).await?;
            let place = self.settle(arrival, schedule, sale, who).await?;
            // A call may have taken the other claim before we looked, and the place after.
            if other != schedule && place.is_waiting() && self.waits_in(person, other).await? {
                self.lines.port.leave(who, Clock::Engine).await?;
                self.claims.put(person, other).await?;
                return Err(waits_elsewhere(other));
            }
            Ok(place)
        };
        let moved = moved.await;
        self.claims.end_move(person).await;
        moved
    }

    /// Takes the place under this line's claim, and gives the claim back where there is none.
    async fn settle(
        &self,
        arrival: Arrival<'_>,
        schedule: ScheduleId,
        sale: &SaleWindow,
        who: &LineUser,
    ) -> Result<TicketPlace, ApiError> {
        let person = arrival.person;
        let settled = self.settle_claimed(arrival, schedule, sale, who).await;
        match &settled {
            Ok(place) if place.is_waiting() && !place.is_through => {}
            // It is unknown whether there is a place.
            Err(error) if error.code == ErrorCode::ServiceUnavailable => {}
            Ok(_) | Err(_) => self.claims.give_back(person, schedule).await,
        }
        settled
    }

    async fn settle_claimed(
        &self,
        arrival: Arrival<'_>,
        schedule: ScheduleId,
        sale: &SaleWindow,
        who: &LineUser,
    ) -> Result<TicketPlace, ApiError> {
        if self.straight.pass(who).await.is_some() {
            return Ok(match self.heard(who).await? {
                LineStatus::Inside { number, .. } => {
                    let outlook = self.outlook(schedule, 1).await;
                    TicketPlace { outlook, ..TicketPlace::through(schedule, number) }
                }
                // Ended again in this moment.
                status => self.placed(schedule, status).await?,
            });
        }
        let status = self.take_place(arrival, sale, who).await?;
        if let LineStatus::Waiting { is_new: true, .. } | LineStatus::Drawing { is_new: true, .. } = status
            && let Some(holder) = self.claims.held(arrival.person).await?.filter(|holder| *holder != schedule)
        {
            // A call for another line found our claim without a place, and took it.
            self.lines.port.leave(who, Clock::Engine).await?;
            return Err(waits_elsewhere(holder));
        }
        if matches!(status, LineStatus::Inside { .. }) {
            return Err(ErrorCode::AlreadyApproved.into());
        }
        if is_waiting(&status) {
            self.claims.renew(arrival.person, schedule);
        }
        self.placed(schedule, status).await
    }

    async fn take_place(
        &self,
        arrival: Arrival<'_>,
        sale: &SaleWindow,
        who: &LineUser,
    ) -> Result<LineStatus, ApiError> {
        if let Some(status) = self.known_or_asked(arrival, &who.line, who).await? {
            return Ok(status);
        }
        let entrant = Entrant { who: who.clone(), network: arrival.network };
        let status = self.lines.enter(entrant.clone()).await?;
        if status != LineStatus::NoLine {
            return Ok(status);
        }
        // The engine has lost it since we looked.
        self.make(&who.line, sale).await?;
        Ok(self.lines.enter(entrant).await?)
    }

    /// The status of a person who has a place already, where the line asks for something before a new one. Without a place the
    /// answer is demanded.
    async fn known_or_asked(
        &self,
        arrival: Arrival<'_>,
        line: &LineId,
        who: &LineUser,
    ) -> Result<Option<LineStatus>, ApiError> {
        let challenge = self.asks_for(line).await?;
        let Some(challenges) = self.challenges.as_ref().filter(|_| challenge != Challenge::None) else {
            return Ok(None);
        };
        match self.heard(who).await? {
            LineStatus::Absent => {
                challenges.demand(line, challenge, arrival.network, arrival.answer).await?;
                Ok(None)
            }
            LineStatus::NoLine => Ok(None),
            status => Ok(Some(status)),
        }
    }

    /// The place that follows from a status.
    ///
    /// # Errors
    /// What the status says to a person without a place.
    async fn placed(&self, schedule: ScheduleId, status: LineStatus) -> Result<TicketPlace, ApiError> {
        match status {
            LineStatus::Waiting { .. } | LineStatus::Drawing { .. } => Ok(self.waiting(schedule, &status).await),
            LineStatus::Full => Err(ErrorCode::QueueFull.into()),
            LineStatus::TooMany => Err(ErrorCode::TooManyPositions.into()),
            LineStatus::Closed => Err(ErrorCode::TicketSaleEnded.into()),
            LineStatus::Inside { .. } => Err(ErrorCode::AlreadyApproved.into()),
            // No ticket line has requests in process or outcomes.
            LineStatus::Processing { .. } | LineStatus::Finished { .. } | LineStatus::Absent | LineStatus::NoLine => {
                Err(ApiError::unavailable())
            }
        }
    }
}
