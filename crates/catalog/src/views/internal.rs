//! The JSON between services. Times have milliseconds.

use crate::model::{Event, Schedule};
use domain::catalog::{Grade, PreciseTime};
use domain::{EventId, ScheduleId, SeatId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// The sold seats of a schedule.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SoldSeats {
    #[schema(value_type = String)]
    pub(crate) schedule_id: ScheduleId,
    #[schema(value_type = Vec<String>)]
    pub(crate) sold_seat_ids: Vec<SeatId>,
}

/// A seat for sale.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InternalSeat {
    #[schema(value_type = String)]
    pub(crate) id: SeatId,
    pub(crate) seat_number: String,
    #[schema(value_type = String)]
    pub(crate) grade: Grade,
    pub(crate) price: i64,
}

/// Whether seats of a schedule can be bought now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sellable {
    sellable: bool,
    /// `NOT_STARTED`, `ENDED` or `CANCELLED`; null where they can.
    reason: Option<&'static str>,
    #[schema(value_type = String)]
    sale_start_at: PreciseTime,
    #[schema(value_type = String)]
    sale_end_at: PreciseTime,
}

impl Sellable {
    /// Of a schedule, now.
    pub(crate) fn new(schedule: &Schedule, now: Timestamp) -> Self {
        let times = &schedule.times;
        let reason = times.sellable(schedule.is_cancelled, now).err().map(|reason| reason.as_str());
        let (sale_start_at, sale_end_at) = (times.sale_start_at.into(), times.sale_end_at.into());
        Self { sellable: reason.is_none(), reason, sale_start_at, sale_end_at }
    }
}

/// A schedule with all that reservation needs; blocked seats are not among its seats.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InternalSchedule {
    #[schema(value_type = String)]
    schedule_id: ScheduleId,
    #[schema(value_type = String)]
    event_id: EventId,
    event_title: String,
    artist: String,
    venue_name: String,
    hall_name: String,
    /// `UPCOMING`, `ONGOING`, `ENDED` or `CANCELLED`.
    status: &'static str,
    #[schema(value_type = String)]
    event_start_at: PreciseTime,
    #[schema(value_type = String)]
    event_end_at: PreciseTime,
    #[serde(flatten)]
    sellable: Sellable,
    seats: Vec<InternalSeat>,
}

impl InternalSchedule {
    /// A schedule now.
    pub(crate) fn new(
        schedule: &Schedule,
        event: Event,
        (venue_name, hall_name): (String, String),
        seats: Vec<InternalSeat>,
        now: Timestamp,
    ) -> Self {
        let times = &schedule.times;
        Self {
            schedule_id: schedule.id,
            event_id: event.id,
            event_title: event.title,
            artist: event.artist,
            venue_name,
            hall_name,
            status: times.status(schedule.is_cancelled, now).as_str(),
            event_start_at: times.event_start_at.into(),
            event_end_at: times.event_end_at.into(),
            sellable: Sellable::new(schedule, now),
            seats,
        }
    }
}

/// Schedules that ended over a day ago.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndedSchedules {
    #[schema(value_type = Vec<String>)]
    pub(crate) schedule_ids: Vec<ScheduleId>,
}
