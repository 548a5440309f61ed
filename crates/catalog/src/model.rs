//! What the catalog knows of its things: the rows as the domain's types.

use domain::catalog::event::EventStatus;
use domain::catalog::{EventState, Prices, ScheduleTimes, SeatPrefix, SeatTemplate};
use domain::{EventId, HallId, ScheduleId, Timestamp, VenueId};
use uuid::Uuid;

/// A venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venue {
    /// The id.
    pub id: VenueId,
    /// The name.
    pub name: String,
    /// The address.
    pub address: String,
    /// The city.
    pub city: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A hall of a venue.
#[derive(Clone, Debug, PartialEq)]
pub struct Hall {
    /// The id.
    pub id: HallId,
    /// Its venue.
    pub venue: VenueId,
    /// The name, unique in the venue.
    pub name: String,
    /// Seats at most.
    pub capacity: u32,
    /// What seats are made from.
    pub template: SeatTemplate,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The id.
    pub id: EventId,
    /// The title.
    pub title: String,
    /// Who appears.
    pub artist: String,
    /// More words.
    pub description: Option<String>,
    /// Where.
    pub venue: VenueId,
    /// In which hall.
    pub hall: HallId,
    /// What operators have made of it.
    pub state: EventState,
    /// The price of each grade.
    pub prices: Prices,
    /// The beginning of its first schedule.
    pub starts_at: Timestamp,
    /// The end of its last schedule.
    pub ends_at: Timestamp,
    /// The beginning of the first sale.
    pub sale_starts_at: Timestamp,
    /// Grows with each change.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A schedule of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The id.
    pub id: ScheduleId,
    /// Its event.
    pub event: EventId,
    /// Its times.
    pub times: ScheduleTimes,
    /// Whether it was cancelled with its event.
    pub is_cancelled: bool,
    /// The template that its seats were made from.
    pub plan: Uuid,
    /// The beginning of its seats' ids.
    pub prefix: SeatPrefix,
    /// Seats for sale.
    pub seats: u32,
    /// Those of them that are sold.
    pub sold: u32,
    /// The greatest number of a hold that was heard of.
    pub hold_no: Option<i64>,
}

impl Event {
    /// The status now.
    pub fn status(&self, now: Timestamp) -> EventStatus {
        self.state.status(self.ends_at, now)
    }

    /// Whether people may see it.
    pub fn is_public(&self) -> bool {
        self.state != EventState::Preparing
    }
}

impl Schedule {
    /// Seats that are not sold.
    pub fn left(&self) -> u32 {
        self.seats.saturating_sub(self.sold)
    }
}
