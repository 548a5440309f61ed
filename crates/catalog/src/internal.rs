//! What other services read: from the tables, whatever is kept (`contract-ticketing.md`, Catalog, Internal).

use crate::rows::{halls, schedules, seats, venues};
use crate::service::CatalogService;
use crate::views::internal::{EndedSchedules, InternalSchedule, InternalSeat, Sellable, SoldSeats};
use domain::ScheduleId;
use onsale_http::ApiError;

/// Schedules are named as ended a day after their end.
const ENDED_AFTER_SECONDS: i64 = 24 * 3_600;

impl CatalogService {
    /// The sold seats of a schedule.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn sold_seats(&self, schedule_id: ScheduleId) -> Result<SoldSeats, ApiError> {
        self.schedule_of(schedule_id, false).await?;
        Ok(SoldSeats { schedule_id, sold_seat_ids: seats::sold(self.ledger.connection(), schedule_id).await? })
    }

    /// A schedule with its seats for sale.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn internal_schedule(&self, id: ScheduleId) -> Result<InternalSchedule, ApiError> {
        let connection = self.ledger.connection();
        let (event, schedule) = self.schedule_of(id, false).await?;
        let venue = venues::with_ids(connection, &[event.venue]).await?.pop().map(|venue| venue.name);
        let hall = halls::name_of(connection, event.hall).await?;
        let plan = self.plans.get(connection, schedule.plan).await?;
        let seats = plan.iter().filter(|seat| !seat.is_blocked).map(|seat| InternalSeat {
            id: schedule.prefix.seat(seat.index),
            seat_number: seat.to_string(),
            grade: seat.grade,
            price: event.prices.of(seat.grade).unwrap_or_default(),
        });
        let (seats, names) = (seats.collect(), (venue.unwrap_or_default(), hall.unwrap_or_default()));
        Ok(InternalSchedule::new(&schedule, event, names, seats, clock::now()))
    }

    /// Whether seats of a schedule can be bought now.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn sellable(&self, id: ScheduleId) -> Result<Sellable, ApiError> {
        let (_, schedule) = self.schedule_of(id, false).await?;
        Ok(Sellable::new(&schedule, clock::now()))
    }

    /// Schedules that ended, or would have, over a day ago; the latest first, at most 10,000.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn ended_schedules(&self) -> Result<EndedSchedules, ApiError> {
        let end = clock::now().plus_seconds(-ENDED_AFTER_SECONDS);
        Ok(EndedSchedules { schedule_ids: schedules::ended_before(&self.ledger, end).await? })
    }

    /// The greatest number of a hold that is stored here: reservation compares its own counter with it.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn greatest_hold_no(&self) -> Result<i64, ApiError> {
        Ok(schedules::greatest_hold_no(&self.ledger).await?)
    }
}
