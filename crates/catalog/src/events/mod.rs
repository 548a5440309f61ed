//! Events, as administrators make, change, publish, cancel and delete them (EVT-001..003, EVT-018, EVT-022).

mod change;
mod create;
mod delete;
mod steps;

use crate::cache::Name;
use crate::model::{Event, Schedule};
use crate::rows::schedules;
use crate::service::CatalogService;
use domain::catalog::PreciseTime;
use domain::message::event::{EVENT_EVENTS, EventCancelled};
use domain::{EventId, ScheduleId, Timestamp};
use ledger::{LedgerError, Transaction, outbox};
use onsale_http::ApiError;
use uuid::Uuid;

impl CatalogService {
    /// All that shows an event. Its schedules never change after they were made.
    pub(crate) async fn names_of(&self, event: EventId) -> Result<Vec<Name>, ApiError> {
        let schedules = schedules::of_event(self.ledger.connection(), event).await?;
        Ok(Name::of_event(event, schedules.into_iter().map(|schedule| schedule.id)))
    }
}

/// Cancels those schedules that have not been played, and tells so in the same transaction. An event without any tells
/// nothing.
async fn cancel_schedules(
    change: &Transaction,
    event: &Event,
    all: &[Schedule],
    reason: &str,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let lives = |schedule: &&Schedule| {
        !schedule.is_cancelled && domain::catalog::event::is_cancelled_with_event(&schedule.times, now)
    };
    let ids: Vec<ScheduleId> = all.iter().filter(lives).map(|schedule| schedule.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    schedules::cancel(change, &ids).await?;
    let cancelled_at = PreciseTime(now);
    let cancelled = EventCancelled { event_id: event.id, schedule_ids: ids, reason: reason.to_owned(), cancelled_at };
    let call = call::current();
    let id = Uuid::now_v7();
    let trace_id = call.as_ref().map_or_else(|| id.to_string(), |call| call.trace_id().to_owned());
    let actor = call.map(|call| call.actor().id.clone());
    outbox::append(change, EVENT_EVENTS, &cancelled.message(id, trace_id, actor)).await
}
