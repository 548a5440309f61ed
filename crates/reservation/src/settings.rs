//! Settings of reservations (`contract-ticketing.md`, Configuration).

use domain::Timestamp;
use domain::ticket::DayZone;

/// Most seats that a request may name, whatever the most of a person is (`contract-ticketing.md`, Reservation).
pub const REQUEST_SEATS_MAX: usize = 4;
/// Longest `waitMs` that a request may ask for, in milliseconds; a longer one is a mistake of the caller.
pub const WAIT_MS_MAX: u64 = 15_000;

/// Who may take a seat that came back while people wait in its line (RSV-015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnedSeats {
    /// For a while only those who were still waiting.
    Line,
    /// Everybody at once.
    Open,
}

impl ReturnedSeats {
    /// Reads `line` or `open`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "line" => Some(Self::Line),
            "open" => Some(Self::Open),
            _ => None,
        }
    }
}

/// Settings of reservations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long seats are held, in seconds (`reservation.hold_ttl_seconds`).
    pub hold_ttl_seconds: u64,
    /// Most seats of one person in one schedule, 1 or more (`reservation.max_seats`).
    pub max_seats: u8,
    /// Longest wait for taken seats, in milliseconds; a request that asks for more waits so long (`reservation.wait_max_ms`).
    pub wait_max_ms: u64,
    /// Where the day of an event begins at midnight (`reservation.day_zone`).
    pub day_zone: DayZone,
    /// Who may take seats that came back (`reservation.returned_seats`).
    pub returned_seats: ReturnedSeats,
    /// For how long, in seconds (`reservation.returned_seconds`).
    pub returned_seconds: u64,
    /// How much longer a hold lives once, in seconds; 0: there is no such route (`reservation.hold_extend_seconds`).
    pub hold_extend_seconds: u64,
    /// The product's address, for the links in QR codes (`http.public_url`).
    pub public_url: String,
    /// Most streams of seats that are open at once in this process.
    pub streams_max: usize,
    /// Most of these of one network; 0: no limit.
    pub streams_max_per_network: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hold_ttl_seconds: 300,
            max_seats: 4,
            wait_max_ms: WAIT_MS_MAX,
            day_zone: DayZone::default(),
            returned_seats: ReturnedSeats::Line,
            returned_seconds: 120,
            hold_extend_seconds: 120,
            public_url: "http://127.0.0.1:8080".to_owned(),
            streams_max: 10_000,
            streams_max_per_network: 256,
        }
    }
}

impl Settings {
    /// How long seats are held, in milliseconds.
    pub fn hold_ttl_ms(&self) -> u64 {
        self.hold_ttl_seconds.saturating_mul(1_000)
    }

    /// How long a seat that came back is for people in the line, in milliseconds; 0 where it is everybody's.
    pub fn returned_ms(&self) -> u64 {
        match self.returned_seats {
            ReturnedSeats::Line => self.returned_seconds.saturating_mul(1_000),
            ReturnedSeats::Open => 0,
        }
    }

    /// From when on nobody cancels a ticket of a performance that begins at `event_start_at` (RSV-006).
    pub fn day_begins_at(&self, event_start_at: Timestamp) -> Timestamp {
        self.day_zone.start_of_day(event_start_at)
    }
}
