//! Publishing and cancelling an event.

use super::cancel_schedules;
use crate::audit;
use crate::model::Event;
use crate::rows::{events, schedules};
use crate::service::{CatalogService, Decided, not_found};
use crate::views::event::EventDetail;
use domain::catalog::Step;
use domain::{ErrorCode, EventId};
use ledger::{Transaction, calls};
use onsale_http::ApiError;

/// The reason of a cancellation for which none was given.
const CANCELLED: &str = "EVENT_CANCELLED";

impl CatalogService {
    /// Publishes or cancels an event. A cancellation is told to reservation (`EventCancelled`) in the same transaction. Again
    /// it changes nothing.
    ///
    /// # Errors
    /// `NOT_FOUND`, `INVALID_EVENT_STATUS`, `SERVICE_UNAVAILABLE`.
    pub async fn step_event(&self, id: EventId, step: Step, reason: Option<String>) -> Result<EventDetail, ApiError> {
        let names = self.names_of(id).await?;
        let take = async |change: Transaction| take_in(change, id, step, reason.as_deref()).await;
        self.decide_and_drop(names, take).await?;
        self.detail(id).await
    }
}

async fn take_in(change: Transaction, id: EventId, step: Step, reason: Option<&str>) -> Decided<()> {
    let Some(before) = events::locked(&change, id).await? else { return Ok(Err(not_found("event"))) };
    if call::is_done() {
        return Ok(Ok(()));
    }
    let now = clock::now();
    let state = match before.state.after(step, before.ends_at, now) {
        Ok(state) if state == before.state => return Ok(Ok(())),
        Ok(state) => state,
        Err(refused) => return Ok(Err(ApiError::new(ErrorCode::InvalidEventStatus).detail(refused.to_string()))),
    };
    let after = Event { state, revision: before.revision + 1, updated_at: now, ..before.clone() };
    events::update(&change, &after).await?;
    let action = match step {
        Step::Open => "event.open",
        Step::Cancel => {
            let all = schedules::of_event_locked(&change, id).await?;
            cancel_schedules(&change, &after, &all, reason.unwrap_or(CANCELLED), now).await?;
            "event.cancel"
        }
    };
    calls::settle(&change, audit::event(action, Some(&before), Some(&after), reason).as_ref()).await?;
    change.commit().await?;
    Ok(Ok(()))
}
