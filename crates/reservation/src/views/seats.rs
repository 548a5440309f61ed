//! The JSON of the seats of a schedule as they stand now.

use domain::{ScheduleId, SeatId};
use serde::Serialize;
use utoipa::ToSchema;

/// How many seats stand in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SeatTotals {
    /// Seats for sale.
    pub total: u32,
    /// Seats that the caller can hold now.
    pub available: u32,
    /// Sold seats.
    pub sold: u32,
    /// Held, in payment, or come back and not for this caller yet.
    pub hold: u32,
}

/// The seats of a schedule. Each seat that is not available is in one of the two lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeatsView {
    /// The schedule.
    #[schema(value_type = String)]
    pub schedule_id: ScheduleId,
    /// How many stand in which state.
    pub seats: SeatTotals,
    /// Ids of sold seats.
    #[schema(value_type = Vec<String>)]
    pub sold: Vec<SeatId>,
    /// Ids of held seats.
    #[schema(value_type = Vec<String>)]
    pub hold: Vec<SeatId>,
}

/// An event of the stream: what has changed between two states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SeatChanges {
    /// `X-Sequence` of the state before. A reader that has another one reads the state again.
    pub from: u64,
    /// `X-Sequence` of the state afterwards.
    pub to: u64,
    /// Pairs of the index of a seat and its state: 0 free, 1 held or in payment, 2 sold, 3 not for sale.
    #[schema(value_type = Vec<Vec<u32>>)]
    pub changes: Vec<(u32, u8)>,
    /// Indices of seats that came back and are open to this pass, where these have changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub open: Option<Vec<u32>>,
}

/// The last event of a stream: the pass opens nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StreamEnd {
    /// Why: `QUEUE_TOKEN_EXPIRED`, or `EVENT_CANCELLED`.
    pub code: &'static str,
}
