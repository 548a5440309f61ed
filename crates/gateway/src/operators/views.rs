//! JSON of joined answers, for the API document. The parts themselves are the roles'.

use serde::Serialize;
use utoipa::ToSchema;

/// A role that was asked.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct Part {
    /// The role.
    pub role: &'static str,
    /// `SERVICE_UNAVAILABLE`: it gave no answer, and its part is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

/// The evening at a glance. A part whose role is away is `{role,error}`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "a schema: the frame is joined from parts")]
pub(super) struct StreamFrame {
    /// Since when the evening looks like this.
    at: String,
    /// The lines with the most people: `{line,waiting,inside,rate,measured,paused}`.
    #[schema(value_type = Vec<Object>)]
    lines: Vec<()>,
    /// The campaigns that give most: `{id,status,issued,total}`.
    #[schema(value_type = Vec<Object>)]
    campaigns: Vec<()>,
    /// The schedules that sell most: `{scheduleId,sold,held,total}`.
    #[schema(value_type = Vec<Object>)]
    sales: Vec<()>,
    /// `{count,isMore}`.
    #[schema(value_type = Object)]
    dead_letters: (),
    /// `{status,away}`: the roles that do not answer.
    #[schema(value_type = Object)]
    health: (),
    /// How many of each are not shown.
    #[schema(value_type = Object)]
    more: (),
}
