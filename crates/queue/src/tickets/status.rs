//! A look at the own place (QUEUE-002).

use super::service::TicketQueue;
use super::views::{TicketPlace, TicketStatus};
use domain::line::{Chances, IssuedPass, LineId, LineStatus, QueueNumber, pass_text};
use domain::{AccountId, ScheduleId};
use lines::Returned;
use onsale_http::ApiError;

impl TicketQueue {
    /// Where the person stands in a schedule's line, who is heard of. A pass is told with its copy for other roles.
    ///
    /// # Errors
    /// `NOT_IN_QUEUE`, `EVENT_CANCELLED`, `TICKET_SALE_ENDED`, `QUEUE_FULL`, `SERVICE_UNAVAILABLE`.
    pub async fn status(&self, person: AccountId, schedule: ScheduleId) -> Result<TicketPlace, ApiError> {
        let status = self.present(person, schedule).await?;
        let LineStatus::Inside { number, pass } = status else { return Ok(self.waiting(schedule, &status).await) };
        let issued = IssuedPass::new(person, schedule, number, &pass);
        self.copy_pass(pass.id, &issued).await;
        let outlook = self.outlook(schedule, 0).await;
        Ok(TicketPlace { outlook, ..TicketPlace::active(&issued, pass_text(pass.id), clock::now()) })
    }

    /// The place of a person who waits.
    pub(super) async fn waiting(&self, schedule: ScheduleId, status: &LineStatus) -> TicketPlace {
        match *status {
            LineStatus::Waiting { number, rank, .. } => {
                let line = LineId::of_schedule(schedule);
                let (wait_seconds, waiting) = self.forecast(&line, rank, number).await;
                TicketPlace {
                    estimated_wait_time: wait_seconds,
                    behind: Some(waiting.saturating_sub(rank)),
                    outlook: self.outlook(schedule, rank).await,
                    returned: Returned::of(status),
                    ..TicketPlace::new(TicketStatus::Waiting, schedule, rank, number)
                }
            }
            LineStatus::Drawing { entry, .. } => TicketPlace::new(TicketStatus::Drawing, schedule, 0, entry),
            // Only people who wait are asked about.
            _ => TicketPlace::new(TicketStatus::Waiting, schedule, 0, QueueNumber(0)),
        }
    }

    /// Seconds until the person is admitted, by the rate as it was measured, or as it is set while it is unknown or admission
    /// stands; none at a rate of 0. And how many wait.
    pub(super) async fn forecast(&self, line: &LineId, rank: u64, number: QueueNumber) -> (Option<u64>, u64) {
        let document = self.cache.serving(line).await.ok().flatten();
        let waiting = document.as_ref().map_or(0, |document| document.waiting);
        let measured = document.and_then(|document| document.wait_seconds(rank, number));
        if measured.is_some() {
            return (measured, waiting);
        }
        let rate = self.rules.rule(line).await.ok().flatten().map_or(0, |rule| rule.rate_per_second);
        let by_rate = (rate > 0).then(|| rank.div_ceil(u64::from(rate)));
        (by_rate, waiting)
    }

    /// The chances of the person with this rank; none while they are unknown.
    pub(super) async fn outlook(&self, schedule: ScheduleId, rank: u64) -> Option<Chances> {
        let known = self.stocks.known(schedule).await?;
        Some(known.stock.chances(rank, known.inside))
    }
}
