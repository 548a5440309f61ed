//! The sections `reservation`, `payment` and `outbox`.

use serde::Deserialize;
use std::path::PathBuf;

/// Seats that people hold, and their tickets.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// How long seats are held before they are paid.
    pub hold_ttl_seconds: u32,
    /// Most seats of one person in a schedule.
    pub max_seats: u8,
    /// Longest wait for taken seats.
    pub wait_max_ms: u32,
    /// The zone in which the day of an event begins.
    pub day_zone: String,
    /// Who may take a seat that came back: `line` or `open`.
    pub returned_seats: String,
    /// How long it is theirs alone.
    pub returned_seconds: u32,
    /// By how much a hold can be extended once; 0: not at all.
    pub hold_extend_seconds: u32,
    /// Signs tickets; empty: from the file.
    pub ticket_key: String,
    /// File that contains it; empty for none.
    pub ticket_key_file: PathBuf,
    /// The previous key, whose tickets are still good.
    pub ticket_key_previous: String,
}

/// Payments.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Longest wait for an answer of the provider.
    pub timeout_ms: u32,
    /// How long nobody asks a provider that fails.
    pub breaker_open_seconds: u32,
    /// So long after the end of a hold its payment is looked up.
    pub settle_after_seconds: u32,
    /// The provider.
    pub portone: PaymentPortone,
}

/// Payments by PortOne, or by what speaks its protocol.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentPortone {
    /// The server; empty for none.
    pub base_url: String,
    /// The window's script or page.
    pub sdk_url: String,
    /// Secret of the API; empty: from the file.
    pub api_secret: String,
    /// File that contains it; empty for none.
    pub api_secret_file: PathBuf,
    /// Secret of its notices; empty: from the file.
    pub webhook_secret: String,
    /// File that contains it; empty for none.
    pub webhook_secret_file: PathBuf,
    /// The store.
    pub store_id: String,
    /// The channel of payments.
    pub channel_key: String,
    /// Whether money of a test channel counts.
    pub accept_test_channel: bool,
}

/// Messages on their way from the tables to the bus.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    /// `poll` or `wal`.
    pub source: String,
}
