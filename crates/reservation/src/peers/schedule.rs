//! A schedule as the catalog has it.

use super::seat_table::{SeatJson, SeatTable};
use domain::catalog::PreciseTime;
use domain::line::SaleWindow;
use domain::{EventId, ScheduleId, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a schedule is called, and when it takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show {
    /// The schedule.
    pub id: ScheduleId,
    /// The event.
    pub event: EventId,
    /// The event's title.
    pub event_title: String,
    /// The artist.
    pub artist: String,
    /// The venue's name.
    pub venue_name: String,
    /// The hall's name.
    pub hall_name: String,
    /// The beginning of the performance.
    pub event_start_at: Timestamp,
    /// Its end.
    pub event_end_at: Timestamp,
}

/// A schedule with its sale and its seats.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// What it is called.
    pub show: Arc<Show>,
    /// When it is sold; held against the own clock at each call.
    pub window: SaleWindow,
    /// Its seats.
    pub seats: Arc<SeatTable>,
    /// When names and seats were read.
    pub read_at: Timestamp,
}

impl Schedule {
    /// Whether names and seats that were read then are still worth asking with: prices and hall stay from a minute before the
    /// sale on (part 2, 23), a title is told again a while later.
    pub(super) fn keeps_seats(&self, now: Timestamp) -> bool {
        const TITLES_MS: i64 = 600_000;
        self.read_at >= self.window.starts_at && (0..TITLES_MS).contains(&(now.millis() - self.read_at.millis()))
    }
}

/// `GET /internal/schedules/{id}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScheduleJson {
    schedule_id: ScheduleId,
    event_id: EventId,
    event_title: String,
    artist: String,
    venue_name: String,
    hall_name: String,
    status: String,
    event_start_at: PreciseTime,
    event_end_at: PreciseTime,
    sale_start_at: PreciseTime,
    sale_end_at: PreciseTime,
    pub(super) seats: Vec<SeatJson>,
}

impl ScheduleJson {
    pub(super) fn show(&self) -> Show {
        Show {
            id: self.schedule_id,
            event: self.event_id,
            event_title: self.event_title.clone(),
            artist: self.artist.clone(),
            venue_name: self.venue_name.clone(),
            hall_name: self.hall_name.clone(),
            event_start_at: self.event_start_at.0,
            event_end_at: self.event_end_at.0,
        }
    }

    pub(super) fn window(&self) -> SaleWindow {
        SaleWindow {
            starts_at: self.sale_start_at.0,
            ends_at: self.sale_end_at.0,
            is_cancelled: self.status == "CANCELLED",
        }
    }
}

/// `GET /internal/schedules/{id}/sellable`, and the value of the key `schedule:sellable:<schedule>`, which the queue keeps, too.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SellableJson {
    sellable: bool,
    reason: Option<String>,
    sale_start_at: PreciseTime,
    sale_end_at: PreciseTime,
    /// When the catalog gave it; only in hot state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) read_at: Option<PreciseTime>,
}

impl SellableJson {
    pub(super) fn window(&self) -> SaleWindow {
        SaleWindow {
            starts_at: self.sale_start_at.0,
            ends_at: self.sale_end_at.0,
            is_cancelled: self.reason.as_deref() == Some("CANCELLED"),
        }
    }
}
