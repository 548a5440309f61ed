//! Passes as other roles see them: copies of what the line knows (QUEUE-003, QUEUE-010; `queue:token:<token>`).

use super::service::TicketQueue;
use clock::now;
use domain::line::{IssuedPass, LineId, LineStatus, Pass, QueueNumber};
use domain::{AccountId, PassId, ScheduleId};
use hot::line::{Clock, LineUser};
use onsale_http::ApiError;

impl TicketQueue {
    /// Writes the copy of a pass, which lives as long as the pass. Where that fails, the role that checks passes asks.
    pub(super) async fn copy_pass(&self, id: PassId, issued: &IssuedPass) {
        let left_ms = issued.expires_at.0.millis() - now().millis();
        let Some(left_ms) = u64::try_from(left_ms).ok().filter(|left_ms| *left_ms > 0) else { return };
        let entry = vec![(IssuedPass::key(id), issued.written())];
        if let Err(error) = self.keys.put(entry, left_ms, now()).await {
            tracing::debug!(%error, "a pass is known to the line alone");
        }
    }

    /// Takes the copy of a pass away.
    pub(super) async fn drop_pass(&self, id: PassId) -> Result<(), ApiError> {
        Ok(self.keys.remove(&[IssuedPass::key(id)]).await?)
    }

    /// The live pass with this id, if it is this person's and opens this schedule's seats. What the copy does not say the line
    /// is asked for, and the copy is made again.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn live_pass(
        &self,
        id: PassId,
        person: AccountId,
        schedule: ScheduleId,
    ) -> Result<Option<IssuedPass>, ApiError> {
        let kept = self.keys.get(&[IssuedPass::key(id)], now()).await.unwrap_or_default();
        let kept = kept.into_iter().next().flatten().and_then(|value| IssuedPass::read(&value));
        if let Some(kept) = kept.filter(|kept| kept.lives_at(now())) {
            return Ok(Some(kept).filter(|kept| kept.is_of(person, schedule)));
        }
        let Some((number, pass)) = self.pass_in_line(person, schedule).await? else { return Ok(None) };
        if pass.id != id || !pass.lives_at(now()) {
            return Ok(None);
        }
        let issued = IssuedPass::new(person, schedule, number, &pass);
        self.copy_pass(id, &issued).await;
        Ok(Some(issued))
    }

    /// The pass that the person has by the line's word. Of a line that was ended the queue number is not known any more.
    async fn pass_in_line(
        &self,
        person: AccountId,
        schedule: ScheduleId,
    ) -> Result<Option<(QueueNumber, Pass)>, ApiError> {
        let who = LineUser { line: LineId::of_schedule(schedule), user: person.into() };
        Ok(match self.heard(&who).await? {
            LineStatus::Inside { number, pass } => Some((number, pass)),
            LineStatus::NoLine => {
                let kept = self.lines.port.kept_pass(&who, Clock::Engine).await?;
                kept.map(|pass| (QueueNumber(0), pass))
            }
            _ => None,
        })
    }
}
