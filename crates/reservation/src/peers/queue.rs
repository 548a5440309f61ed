//! Passes and lines, as the queue knows them (RSV-008, QUEUE-010).

use super::kept::Kept;
use super::of_schedule;
use access::{Peer, PeerAway};
use domain::line::{IssuedPass, LineFigures, QueueNumber, pass_text};
use domain::seat::LineMark;
use domain::{AccountId, ErrorCode, PassId, ScheduleId};
use hot::KeyPort;
use http::StatusCode;
use onsale_http::ApiError;
use serde_json::json;
use std::sync::Arc;

/// How long the figures of a line count, in milliseconds.
const KEPT_MS: i64 = 1_000;
/// Most lines in memory.
const LINES_MAX: usize = 10_000;

/// The queue. Cheap to clone; clones share what they keep.
#[derive(Clone)]
pub(crate) struct Queue(Arc<Inner>);

struct Inner {
    peer: Peer,
    keys: Arc<dyn KeyPort>,
    marks: Kept<LineMark>,
}

impl Queue {
    pub fn new(peer: Peer, keys: Arc<dyn KeyPort>) -> Self {
        Self(Arc::new(Inner { peer, keys, marks: Kept::new(KEPT_MS, LINES_MAX) }))
    }

    /// The live pass with this id, if it is this person's, for this schedule where one is named. A key that was lost does not end
    /// a pass: then the line is asked. `known`: the schedule to ask about where none is named.
    ///
    /// # Errors
    /// `QUEUE_TOKEN_EXPIRED` for one that does not live, `QUEUE_TOKEN_INVALID` for another's, `SERVICE_UNAVAILABLE`.
    pub async fn pass(
        &self,
        id: PassId,
        user: AccountId,
        schedule: Option<ScheduleId>,
        known: Option<ScheduleId>,
    ) -> Result<IssuedPass, ApiError> {
        let pass = match self.kept(id).await {
            Some(pass) => pass,
            None => self.ask(id, user, schedule.or(known)).await?,
        };
        let is_own = pass.user_id == user && schedule.is_none_or(|schedule| schedule == pass.schedule_id);
        if is_own { Ok(pass) } else { Err(ErrorCode::QueueTokenInvalid.into()) }
    }

    /// Whether a pass still opens this schedule for this person; a queue that cannot be asked says yes.
    pub async fn still_opens(&self, id: PassId, user: AccountId, schedule: ScheduleId) -> bool {
        match self.pass(id, user, Some(schedule), None).await {
            Ok(_) => true,
            Err(error) => error.code == ErrorCode::ServiceUnavailable,
        }
    }

    async fn kept(&self, id: PassId) -> Option<IssuedPass> {
        let now = clock::now();
        let values = match self.0.keys.get(&[IssuedPass::key(id)], now).await {
            Ok(values) => values,
            Err(error) => {
                tracing::debug!(%error, "passes cannot be read from hot state; the line is asked");
                return None;
            }
        };
        IssuedPass::read(values.first()?.as_ref()?).filter(|pass| pass.lives_at(now))
    }

    async fn ask(&self, id: PassId, user: AccountId, schedule: Option<ScheduleId>) -> Result<IssuedPass, ApiError> {
        let expired = || ApiError::from(ErrorCode::QueueTokenExpired);
        let schedule = schedule.ok_or_else(expired)?;
        let body = json!({"token": pass_text(id), "userId": user, "scheduleId": schedule});
        let reply = self.0.peer.post("/internal/queue/passes/check", &body).await.map_err(|away| unavailable(&away))?;
        if !reply.status.is_success() {
            return Err(expired());
        }
        let pass: IssuedPass = reply.read().map_err(|error| {
            tracing::error!(%error, "the queue's answer has another form");
            ApiError::unavailable()
        })?;
        if pass.lives_at(clock::now()) { Ok(pass) } else { Err(expired()) }
    }

    /// Where a schedule's line stands, a second old at most. While the queue is away the last that was known; nobody waits
    /// where nothing is known, so that no seat is withheld for people who may not be there.
    pub async fn mark(&self, schedule: ScheduleId) -> LineMark {
        match self.0.marks.get(schedule, |_| self.load_mark(schedule)).await {
            Ok(mark) => mark,
            Err(away) => {
                tracing::debug!(%away, %schedule, "the line of a schedule cannot be read");
                self.0.marks.last(schedule).unwrap_or(LineMark::NOBODY)
            }
        }
    }

    async fn load_mark(&self, schedule: ScheduleId) -> Result<LineMark, PeerAway> {
        let reply = self.0.peer.get(&of_schedule("/internal/queue/lines/", schedule, "")).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(LineMark::NOBODY);
        }
        let figures: LineFigures =
            reply.read().map_err(|error| PeerAway { role: "queue", why: format!("{}: {error}", reply.status) })?;
        let highest_admitted = QueueNumber(figures.highest_admitted);
        Ok(LineMark { highest_admitted, is_waiting: figures.waiting > 0 })
    }
}

fn unavailable(away: &PeerAway) -> ApiError {
    tracing::warn!(%away, "a pass cannot be checked");
    ApiError::unavailable()
}
