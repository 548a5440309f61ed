//! Where a person stands, among all lines.

use super::service::{TicketQueue, check_sale};
use domain::line::{LineId, LineStatus};
use domain::{AccountId, ErrorCode, ScheduleId};
use hot::line::{Clock, LineUser};
use onsale_http::ApiError;

pub(super) fn is_waiting(status: &LineStatus) -> bool {
    matches!(status, LineStatus::Waiting { .. } | LineStatus::Drawing { .. })
}

impl TicketQueue {
    pub(super) fn who(person: AccountId, schedule: ScheduleId) -> LineUser {
        LineUser { line: LineId::of_schedule(schedule), user: person.into() }
    }

    /// Whether the person waits in this line, and there is still something to wait for.
    pub(super) async fn waits_in(&self, person: AccountId, schedule: ScheduleId) -> Result<bool, ApiError> {
        if self.schedules.window(schedule).await.is_ok_and(|sale| sale.is_over(clock::now())) {
            return Ok(false);
        }
        Ok(is_waiting(&self.heard(&Self::who(person, schedule)).await?))
    }

    /// The person's status in a schedule's line. The person is heard of, and has the claim of this line as long as the person
    /// waits in it.
    ///
    /// A place that was passed over may have been given up for another line: it is then given up here.
    ///
    /// # Errors
    /// `NOT_IN_QUEUE`; `EVENT_CANCELLED`, `TICKET_SALE_ENDED` where nothing is left to wait for; `QUEUE_FULL` for a person who
    /// was away for too long and finds no room for another place; `SERVICE_UNAVAILABLE`.
    pub(super) async fn present(&self, person: AccountId, schedule: ScheduleId) -> Result<LineStatus, ApiError> {
        let who = Self::who(person, schedule);
        let (claim, status) = tokio::join!(self.claims.held(person), self.heard(&who));
        // Without the store of claims people still hear where they stand.
        let claim = claim.unwrap_or(Some(schedule));
        match status? {
            status @ LineStatus::Inside { .. } => {
                if claim == Some(schedule) {
                    self.claims.give_back(person, schedule).await;
                }
                Ok(status)
            }
            status if is_waiting(&status) => {
                if let Some(other) = claim.filter(|other| *other != schedule)
                    && self.waits_in(person, other).await?
                {
                    self.lines.port.leave(&who, Clock::Engine).await?;
                    return Err(ErrorCode::NotInQueue.into());
                }
                self.check_still_sold(schedule).await?;
                self.claims.renew(person, schedule);
                Ok(status)
            }
            LineStatus::Full => Err(ErrorCode::QueueFull.into()),
            _ => Err(ErrorCode::NotInQueue.into()),
        }
    }

    /// Refuses a person who waits when nothing is left to wait for. While the catalog is away people go on waiting.
    pub(super) async fn check_still_sold(&self, schedule: ScheduleId) -> Result<(), ApiError> {
        match self.schedules.window(schedule).await {
            // A clock that is a little behind another's ends no place.
            Ok(sale) if sale.is_over(clock::now()) => check_sale(&sale),
            Err(error) if error.code == ErrorCode::NotFound => Err(ErrorCode::EventCancelled.into()),
            _ => Ok(()),
        }
    }
}
