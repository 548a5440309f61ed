//! A new event with its schedules and their seats, in one transaction.

use crate::audit;
use crate::cache::Name;
use crate::model::{Event, Schedule};
use crate::new_id::new_id;
use crate::rows::entities::event::Entity as Row;
use crate::rows::{events, free_id, halls, plans, schedules, seats, venues};
use crate::service::{CatalogService, Decided, not_found};
use crate::views::event::{EventMade, NewEvent, given_prices};
use domain::catalog::schedule::{SCHEDULES_MAX, doubled_sequence};
use domain::catalog::text::Kind;
use domain::catalog::{EventState, ScheduleTimes, SeatPlan, SeatPrefix};
use domain::{ErrorCode, EventId, HallId, ScheduleId, Timestamp, VenueId};
use ledger::{Transaction, calls};
use onsale_http::ApiError;
use std::sync::Arc;
use uuid::Uuid;

/// Most seats of all schedules of an event: as many as are made well within the time of one transaction.
const SEATS_OF_EVENT_MAX: u64 = 300_000;

impl CatalogService {
    /// Makes an event, its schedules and their seats. It is seen by administrators alone until it is opened.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `NOT_FOUND` for the venue and the hall, `HALL_NOT_IN_VENUE`, `DUPLICATE_PLAY_SEQUENCE`,
    /// `SERVICE_UNAVAILABLE`.
    pub async fn create_event(&self, new: &NewEvent) -> Result<EventMade, ApiError> {
        let (event, times) = checked(new)?;
        if call::is_done() {
            let made = events::get(self.ledger.connection(), event.id).await?.ok_or_else(|| not_found("event"))?;
            return Ok(EventMade::new(&made));
        }
        let create = async |change: Transaction| self.create_in(change, &event, &times).await;
        self.decide_and_drop(vec![Name::List(None)], create).await.map(|made| EventMade::new(&made))
    }

    async fn create_in(&self, change: Transaction, event: &Event, times: &[ScheduleTimes]) -> Decided<Event> {
        let (plan_id, plan) = match self.place(&change, event.venue, event.hall).await? {
            Ok(place) => place,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(sequence) = doubled_sequence(times) {
            let detail = format!("schedules: playSequence {sequence} is there twice");
            return Ok(Err(ApiError::new(ErrorCode::DuplicatePlaySequence).detail(detail)));
        }
        if let Err(error) = event.prices.cover(plan.grades()) {
            return Ok(Err(ApiError::invalid(error.to_string())));
        }
        if times.len() as u64 * u64::from(plan.seats()) > SEATS_OF_EVENT_MAX {
            let detail = "schedules: an event has at most 300000 seats in all its schedules; make several events";
            return Ok(Err(ApiError::invalid(detail)));
        }
        let event = Event { id: EventId(free_id::<Row>(&change, event.id.get()).await?), ..event.clone() };
        // First of all: of two runs of one call the second has nothing to make.
        calls::settle(&change, audit::event("event.create", None, Some(&event), None).as_ref()).await?;
        events::insert(&change, &event).await?;
        let made: Vec<Schedule> = times.iter().map(|times| new_schedule(event.id, *times, plan_id, &plan)).collect();
        schedules::insert(&change, &made).await?;
        for schedule in &made {
            seats::make(&change, schedule, &plan, &event.prices).await?;
        }
        change.commit().await?;
        Ok(Ok(event))
    }

    /// The plan of a hall's seats, kept for the schedules that are made from it. The hall stays until the change ends.
    pub(super) async fn place(
        &self,
        change: &Transaction,
        venue: VenueId,
        hall: HallId,
    ) -> Decided<(Uuid, Arc<SeatPlan>)> {
        if venues::get(change.connection(), venue).await?.is_none() {
            return Ok(Err(not_found("venue")));
        }
        let Some(hall) = halls::locked(change, hall).await? else { return Ok(Err(not_found("hall"))) };
        if hall.venue != venue {
            return Ok(Err(ErrorCode::HallNotInVenue.into()));
        }
        let plan_id = plans::keep(change, &hall.template).await?;
        Ok(Ok((plan_id, self.plans.get(change.connection(), plan_id).await?)))
    }
}

/// A schedule without its seats.
fn new_schedule(event: EventId, times: ScheduleTimes, plan_id: Uuid, plan: &SeatPlan) -> Schedule {
    Schedule {
        id: ScheduleId(Uuid::now_v7()),
        event,
        times,
        is_cancelled: false,
        plan: plan_id,
        prefix: new_prefix(),
        seats: plan.for_sale(),
        sold: 0,
        hold_no: None,
    }
}

/// A prefix that no schedule has: in order of time, so that the seats of a schedule stand beside each other in the table.
pub(super) fn new_prefix() -> SeatPrefix {
    SeatPrefix::of(Uuid::now_v7())
}

fn checked(new: &NewEvent) -> Result<(Event, Vec<ScheduleTimes>), ApiError> {
    let title = new.title.checked(Kind::Title, "title")?;
    let artist = new.artist.checked(Kind::Artist, "artist")?;
    let description =
        new.description.as_ref().map(|text| text.checked(Kind::Description, "description")).transpose()?;
    let prices = given_prices(&new.price_by_grade)?;
    if !(1..=SCHEDULES_MAX).contains(&new.schedules.len()) {
        return Err(ApiError::invalid("schedules: must be 1 to 50 schedules"));
    }
    let times: Vec<ScheduleTimes> = new.schedules.iter().map(|schedule| schedule.times()).collect();
    for (index, times) in times.iter().enumerate() {
        times.check().map_err(|error| ApiError::invalid(format!("schedules[{index}]: {error}")))?;
    }
    let first = |of: fn(&ScheduleTimes) -> Timestamp| times.iter().map(of).min().unwrap_or_default();
    let now = clock::now();
    let event = Event {
        id: EventId(new_id("event")),
        title,
        artist,
        description,
        venue: VenueId(new.venue_id.0),
        hall: HallId(new.hall_id.0),
        state: EventState::Preparing,
        prices,
        starts_at: first(|times| times.event_start_at),
        ends_at: times.iter().map(|times| times.event_end_at).max().unwrap_or_default(),
        sale_starts_at: first(|times| times.sale_start_at),
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    Ok((event, times))
}
