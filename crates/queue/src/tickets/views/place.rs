//! A person's place in a schedule's line.

use domain::line::{Chances, IssuedPass, QueueNumber};
use domain::{ScheduleId, Timestamp};
use lines::Returned;
use serde::Serialize;
use utoipa::ToSchema;

/// The status of a person in a schedule's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketStatus {
    /// In the line.
    Waiting,
    /// Entered in the draw that sets the order when the line opens; `ticket` is the entry number.
    Drawing,
    /// Has a pass.
    Active,
}

/// A person's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketPlace {
    /// The person's status.
    pub status: TicketStatus,
    /// The schedule.
    #[schema(value_type = String, format = Uuid)]
    pub schedule_id: ScheduleId,
    /// From 1, and never worse than one that was shown; 0 with a pass, and before a draw.
    pub rank: u64,
    /// Whole seconds to wait; null at a rate of 0, and before a draw.
    pub estimated_wait_time: Option<u64>,
    /// The pass for `X-Queue-Token`; null without one.
    pub token: Option<String>,
    /// The person's queue number.
    #[serde(rename = "ticket")]
    #[schema(value_type = u64)]
    pub number: QueueNumber,
    /// People who wait behind the person, a second old at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
    /// Free seats for each person up to this one: `GOOD` from two on, `UNCERTAIN` from one for two, `POOR`, `NONE` while no seat
    /// is free (seats come back); null while unknown.
    #[schema(value_type = Option<String>, pattern = "GOOD|UNCERTAIN|POOR|NONE")]
    pub outlook: Option<Chances>,
    /// `LATE`, once, where the person was away for too long for the old place, and has this one at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    /// When the pass ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Timestamp>,
    /// Milliseconds until then, at the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<i64>,
    /// The pass was made in the same call; the next look tells it.
    #[serde(skip)]
    pub is_through: bool,
}

impl TicketPlace {
    /// A place of which nothing else is known.
    pub(in crate::tickets) fn new(
        status: TicketStatus,
        schedule_id: ScheduleId,
        rank: u64,
        number: QueueNumber,
    ) -> Self {
        Self {
            status,
            schedule_id,
            rank,
            estimated_wait_time: None,
            token: None,
            number,
            behind: None,
            outlook: None,
            returned: None,
            expires_at: None,
            expires_in_ms: None,
            is_through: false,
        }
    }

    /// The place of a person who goes straight through.
    pub(in crate::tickets) fn through(schedule_id: ScheduleId, number: QueueNumber) -> Self {
        Self {
            estimated_wait_time: Some(0),
            behind: Some(0),
            is_through: true,
            ..Self::new(TicketStatus::Waiting, schedule_id, 1, number)
        }
    }

    /// The pass of a person who was admitted.
    pub(in crate::tickets) fn active(issued: &IssuedPass, token: String, now: Timestamp) -> Self {
        let until = issued.expires_at.0;
        Self {
            estimated_wait_time: Some(0),
            token: Some(token),
            expires_at: Some(until),
            expires_in_ms: Some((until.millis() - now.millis()).max(0)),
            ..Self::new(TicketStatus::Active, issued.schedule_id, 0, issued.ticket)
        }
    }

    /// Whether the person waits, by what the caller hears.
    pub fn is_waiting(&self) -> bool {
        self.status != TicketStatus::Active
    }
}
