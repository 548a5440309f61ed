//! The end of an event that nobody has bought.

use super::cancel_schedules;
use crate::audit;
use crate::model::Schedule;
use crate::rows::{events, schedules};
use crate::service::{CatalogService, Decided, not_found};
use domain::catalog::EventState;
use domain::{ErrorCode, EventId, ScheduleId};
use ledger::{Transaction, calls};
use onsale_http::ApiError;

/// The reason that holders of seats are told.
const DELETED: &str = "EVENT_DELETED";

impl CatalogService {
    /// Deletes an event: no call finds it any more, and its rows stay. Whoever holds a seat at this moment is told as when it
    /// is cancelled: a hold may be made while this looks.
    ///
    /// # Errors
    /// `NOT_FOUND`, `EVENT_HAS_RESERVATIONS`, `SERVICE_UNAVAILABLE`.
    pub async fn delete_event(&self, id: EventId) -> Result<(), ApiError> {
        if call::is_done() {
            return Ok(());
        }
        let connection = self.ledger.connection();
        let event = events::get(connection, id).await?.ok_or_else(|| not_found("event"))?;
        let ids: Vec<ScheduleId> =
            schedules::of_event(connection, id).await?.into_iter().map(|schedule| schedule.id).collect();
        // Asked before the transaction begins: no change stands open while another service is asked.
        if let Some(held) = self.held.as_ref().filter(|_| event.state == EventState::Open)
            && held.is_any_held(&ids).await?
        {
            return Err(has_reservations());
        }
        let names = self.names_of(id).await?;
        self.decide_and_drop(names, async |change: Transaction| delete_in(change, id).await).await
    }
}

fn has_reservations() -> ApiError {
    ErrorCode::EventHasReservations.into()
}

async fn delete_in(change: Transaction, id: EventId) -> Decided<()> {
    let Some(event) = events::locked(&change, id).await? else { return Ok(Err(not_found("event"))) };
    let all: Vec<Schedule> = schedules::of_event_locked(&change, id).await?;
    if all.iter().any(|schedule| schedule.sold > 0) {
        return Ok(Err(has_reservations()));
    }
    events::delete(&change, id).await?;
    if event.state == EventState::Open {
        cancel_schedules(&change, &event, &all, DELETED, clock::now()).await?;
    }
    calls::settle(&change, audit::event("event.delete", Some(&event), None, None).as_ref()).await?;
    change.commit().await?;
    Ok(Ok(()))
}
