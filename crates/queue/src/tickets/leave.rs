//! Giving up a place, or a pass.

use super::service::TicketQueue;
use domain::line::LineStatus;
use domain::{AccountId, ErrorCode, ScheduleId};
use hot::line::Clock;
use onsale_http::ApiError;

impl TicketQueue {
    /// Ends the person's place and pass in a schedule's line.
    ///
    /// # Errors
    /// `NOT_IN_QUEUE`, `SERVICE_UNAVAILABLE`.
    pub async fn leave(&self, person: AccountId, schedule: ScheduleId) -> Result<(), ApiError> {
        let who = Self::who(person, schedule);
        let pass = match self.heard(&who).await? {
            LineStatus::Inside { pass, .. } => Some(pass.id),
            LineStatus::NoLine => return Err(ErrorCode::NotInQueue.into()),
            _ => None,
        };
        // Before the line: a copy that outlived the pass would open seats. And after it: a check in between makes it again.
        if let Some(id) = pass {
            self.drop_pass(id).await?;
        }
        let had_place = self.lines.port.leave(&who, Clock::Engine).await?;
        if let Some(id) = pass {
            self.drop_pass(id).await?;
        }
        self.claims.give_back(person, schedule).await;
        if had_place || pass.is_some() { Ok(()) } else { Err(ErrorCode::NotInQueue.into()) }
    }
}
