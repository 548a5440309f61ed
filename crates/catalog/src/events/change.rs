//! Changes of an event: at any time what hurts nobody, before the sale all of it.

use super::create::new_prefix;
use crate::audit;
use crate::model::{Event, Schedule};
use crate::rows::{events, schedules, seats};
use crate::service::{CatalogService, Decided, not_found};
use crate::views::event::{EventChanged, EventPatch};
use domain::catalog::event::{Changes, check_change};
use domain::catalog::{Grade, Prices};
use domain::{ErrorCode, EventId, ScheduleId};
use ledger::{LedgerError, Transaction, calls};
use onsale_http::ApiError;

fn not_modifiable(detail: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::EventNotModifiable).detail(detail)
}

impl CatalogService {
    /// Changes an event. Another hall makes new seats, prices reach the seats.
    ///
    /// # Errors
    /// `NOT_FOUND` for event, venue and hall, `INVALID_INPUT`, `HALL_NOT_IN_VENUE`, `EVENT_NOT_MODIFIABLE`,
    /// `SERVICE_UNAVAILABLE`.
    pub async fn change_event(&self, id: EventId, patch: &EventPatch) -> Result<EventChanged, ApiError> {
        let names = self.names_of(id).await?;
        let change = async |change: Transaction| self.change_in(change, id, patch).await;
        let after = self.decide_and_drop(names, change).await?;
        Ok(EventChanged::new(&after, clock::now()))
    }

    async fn change_in(&self, change: Transaction, id: EventId, patch: &EventPatch) -> Decided<Event> {
        let Some(before) = events::locked(&change, id).await? else { return Ok(Err(not_found("event"))) };
        let after = match patch.apply(&before) {
            Ok(after) => after,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if call::is_done() {
            return Ok(Ok(before));
        }
        let is_moved = after.venue != before.venue || after.hall != before.hall;
        let changes =
            Changes { artist: after.artist != before.artist, seats: is_moved || after.prices != before.prices };
        let is_late = check_change(changes, before.sale_starts_at, clock::now());
        let refused = match is_moved {
            // Unknown first, then what its state forbids.
            true => match self.place(&change, after.venue, after.hall).await? {
                Err(refusal) => Some(refusal),
                Ok(_) if is_late.is_err() => None,
                Ok((plan_id, plan)) => {
                    let place = |schedule: Schedule| Schedule {
                        plan: plan_id,
                        prefix: new_prefix(),
                        seats: plan.for_sale(),
                        sold: 0,
                        ..schedule
                    };
                    replace_seats(&change, &after, place, &plan).await?.err()
                }
            },
            false if is_late.is_ok() && changes.seats => self.reprice(&change, &before, &after).await?.err(),
            false => None,
        };
        if let Some(refusal) = refused.or_else(|| is_late.err().map(|late| not_modifiable(late.to_string()))) {
            return Ok(Err(refusal));
        }
        events::update(&change, &after).await?;
        let entry = audit::event("event.change", Some(&before), Some(&after), None);
        calls::settle(&change, entry.as_ref()).await?;
        change.commit().await?;
        Ok(Ok(after))
    }

    async fn reprice(&self, change: &Transaction, before: &Event, after: &Event) -> Decided<()> {
        let all = schedules::of_event_locked(change, after.id).await?;
        for schedule in &all {
            let plan = self.plans.get(change.connection(), schedule.plan).await?;
            if let Err(error) = after.prices.cover(plan.grades()) {
                return Ok(Err(ApiError::invalid(error.to_string())));
            }
        }
        let ids: Vec<ScheduleId> = all.iter().map(|schedule| schedule.id).collect();
        store_prices(change, &ids, &before.prices, &after.prices).await?;
        Ok(Ok(()))
    }
}

async fn store_prices(
    change: &Transaction,
    schedules: &[ScheduleId],
    before: &Prices,
    after: &Prices,
) -> Result<(), LedgerError> {
    let changed: Vec<(Grade, i64)> = after.iter().filter(|(grade, price)| before.of(*grade) != Some(*price)).collect();
    for (grade, price) in changed {
        seats::set_price(change, schedules, grade, price).await?;
    }
    Ok(())
}

async fn replace_seats(
    change: &Transaction,
    event: &Event,
    place: impl Fn(Schedule) -> Schedule,
    plan: &domain::catalog::SeatPlan,
) -> Decided<()> {
    if let Err(error) = event.prices.cover(plan.grades()) {
        return Ok(Err(ApiError::invalid(error.to_string())));
    }
    let all = schedules::of_event_locked(change, event.id).await?;
    if all.iter().any(|schedule| schedule.sold > 0) {
        return Ok(Err(not_modifiable("seats are sold")));
    }
    let ids: Vec<ScheduleId> = all.iter().map(|schedule| schedule.id).collect();
    seats::remove(change, &ids).await?;
    let placed: Vec<Schedule> = all.into_iter().map(place).collect();
    for schedule in placed {
        schedules::replace_seats(change, &schedule).await?;
        seats::make(change, &schedule, plan, &event.prices).await?;
    }
    Ok(Ok(()))
}
