//! The JSON of events.

use super::schedule::{NewSchedule, TimeView};
use super::values::{GivenId, GivenPrices, GivenText, present};
use crate::model::{Event, Schedule, Venue};
use domain::catalog::Prices;
use domain::catalog::text::Kind;
use domain::{EventId, HallId, Timestamp, VenueId};
use onsale_http::{ApiError, ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A new event.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewEvent {
    /// 1 to 300 characters.
    #[schema(value_type = String, example = "가을 밤의 노래")]
    pub title: GivenText,
    /// 1 to 200 characters.
    #[schema(value_type = String, example = "한강밴드")]
    pub artist: GivenText,
    /// At most 10000 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub description: Option<GivenText>,
    /// Where.
    #[schema(value_type = String, format = Uuid)]
    pub venue_id: GivenId,
    /// A hall of the venue.
    #[schema(value_type = String, format = Uuid)]
    pub hall_id: GivenId,
    /// A price for each grade of the hall's seats.
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"VIP": 150000, "S": 120000}))]
    pub price_by_grade: GivenPrices,
    /// 1 to 50.
    pub schedules: Vec<NewSchedule>,
}

/// Changes of an event. Absent fields stay, others are ignored.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventPatch {
    /// At any time.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub title: Option<GivenText>,
    /// Before the first sale.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub artist: Option<GivenText>,
    /// At any time.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub description: Option<GivenText>,
    /// Until a minute before the first sale.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub venue_id: Option<GivenId>,
    /// Until a minute before the first sale; makes new seats.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub hall_id: Option<GivenId>,
    /// Until a minute before the first sale; all prices.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<BTreeMap<String, i64>>, nullable = false)]
    pub price_by_grade: Option<GivenPrices>,
}

/// Why an event is cancelled.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CancelBody {
    /// 1 to 500 characters; told to holders of tickets.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub reason: Option<GivenText>,
}

/// Prices as they were given.
///
/// # Errors
/// `INVALID_INPUT`.
pub(crate) fn given_prices(given: &GivenPrices) -> Result<Prices, ApiError> {
    let prices = given.iter().map(|(grade, won)| (grade.clone(), won.0)).collect();
    Prices::given(&prices).map_err(|error| ApiError::invalid(error.to_string()))
}

impl EventPatch {
    /// The event after the change.
    ///
    /// # Errors
    /// `INVALID_INPUT`.
    pub(crate) fn apply(&self, before: &Event) -> Result<Event, ApiError> {
        let text = |given: &Option<GivenText>, kind, field, before: &String| match given {
            Some(given) => given.checked(kind, field),
            None => Ok(before.clone()),
        };
        let description = self.description.as_ref().map(|text| text.checked(Kind::Description, "description"));
        Ok(Event {
            title: text(&self.title, Kind::Title, "title", &before.title)?,
            artist: text(&self.artist, Kind::Artist, "artist", &before.artist)?,
            description: description.transpose()?.or_else(|| before.description.clone()),
            venue: self.venue_id.map_or(before.venue, |id| VenueId(id.0)),
            hall: self.hall_id.map_or(before.hall, |id| HallId(id.0)),
            prices: self
                .price_by_grade
                .as_ref()
                .map(given_prices)
                .transpose()?
                .unwrap_or_else(|| before.prices.clone()),
            revision: before.revision + 1,
            updated_at: clock::now(),
            ..before.clone()
        })
    }
}

/// An event that was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventMade {
    /// The id.
    #[schema(value_type = String)]
    pub id: EventId,
    title: String,
    artist: String,
    /// `PREPARING`.
    status: &'static str,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl EventMade {
    /// An event that was made.
    pub(crate) fn new(event: &Event) -> Self {
        let Event { id, title, artist, created_at, .. } = event.clone();
        Self { id, title, artist, status: event.status(created_at).as_str(), created_at }
    }
}

/// An event that was changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventChanged {
    #[schema(value_type = String)]
    id: EventId,
    title: String,
    artist: String,
    description: Option<String>,
    status: &'static str,
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

impl EventChanged {
    /// An event that was changed.
    pub(crate) fn new(event: &Event, now: Timestamp) -> Self {
        let Event { id, title, artist, description, updated_at, .. } = event.clone();
        Self { id, title, artist, description, status: event.status(now).as_str(), updated_at }
    }
}

/// An event of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventListed {
    #[schema(value_type = String)]
    id: EventId,
    title: String,
    artist: String,
    venue_name: String,
    city: String,
    /// The beginning of the first schedule.
    #[schema(value_type = String)]
    start_date: Timestamp,
    /// The end of the last schedule.
    #[schema(value_type = String)]
    end_date: Timestamp,
    status: &'static str,
    /// The lowest price.
    min_price: Option<i64>,
    /// The highest price.
    max_price: Option<i64>,
    /// The beginning of the first sale.
    #[schema(value_type = String)]
    sale_start_at: Timestamp,
    /// The address of its poster.
    poster: String,
}

impl EventListed {
    /// An event of a list, at its venue.
    pub(crate) fn new(event: &Event, venue: Option<&Venue>, now: Timestamp) -> Self {
        let Event { id, title, artist, .. } = event.clone();
        let range = event.prices.range();
        Self {
            id,
            title,
            artist,
            venue_name: venue.map(|venue| venue.name.clone()).unwrap_or_default(),
            city: venue.map(|venue| venue.city.clone()).unwrap_or_default(),
            start_date: event.starts_at,
            end_date: event.ends_at,
            status: event.status(now).as_str(),
            min_price: range.map(|(low, _)| low),
            max_price: range.map(|(_, high)| high),
            sale_start_at: event.sale_starts_at,
            poster: format!("/assets/poster/{id}.svg"),
        }
    }
}

/// The venue of an event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct EventVenue {
    #[schema(value_type = String)]
    id: VenueId,
    name: String,
    address: String,
    city: String,
}

/// The hall of an event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct EventHall {
    #[schema(value_type = String)]
    id: HallId,
    name: String,
}

/// The schedules of one day, in UTC.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventDay {
    /// `yyyy-MM-dd`.
    date: String,
    /// Whether nothing is left on this day.
    is_sold_out: bool,
    pub(crate) times: Vec<TimeView>,
}

/// An event with its schedules.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventDetail {
    #[schema(value_type = String)]
    id: EventId,
    title: String,
    artist: String,
    description: Option<String>,
    /// `PREPARING`, `OPEN`, `ENDED` or `CANCELLED`.
    #[schema(value_type = String)]
    status: Cow<'static, str>,
    venue: EventVenue,
    halls: EventHall,
    #[schema(value_type = BTreeMap<String, i64>)]
    price_by_grade: Prices,
    pub(crate) schedules: Vec<EventDay>,
}

impl EventDetail {
    /// An event in its place, with its schedules.
    pub(crate) fn new(event: &Event, venue: Venue, hall: String, schedules: &[Schedule], now: Timestamp) -> Self {
        let Event { id, title, artist, description, .. } = event.clone();
        let Venue { id: venue_id, name, address, city, .. } = venue;
        let mut days: BTreeMap<String, Vec<&Schedule>> = BTreeMap::new();
        for schedule in schedules {
            days.entry(schedule.times.event_start_at.civil().date().to_string()).or_default().push(schedule);
        }
        let day = |(date, mut of_day): (String, Vec<&Schedule>)| {
            of_day.sort_by_key(|schedule| (schedule.times.event_start_at, schedule.times.sequence));
            let is_sold_out = of_day.iter().all(|schedule| schedule.left() == 0);
            EventDay { date, is_sold_out, times: of_day.into_iter().map(|one| TimeView::new(one, now)).collect() }
        };
        Self {
            id,
            title,
            artist,
            description,
            status: event.status(now).as_str().into(),
            venue: EventVenue { id: venue_id, name, address, city },
            halls: EventHall { id: event.hall, name: hall },
            price_by_grade: event.prices.clone(),
            schedules: days.into_iter().map(day).collect(),
        }
    }
}

impl RequestBody for NewEvent {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl RequestBody for EventPatch {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl RequestBody for CancelBody {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}
