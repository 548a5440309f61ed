//! What a person is told, once, who was away for too long (QUEUE-012).

use domain::line::LineStatus;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a person who was away has another position than before. The call that makes the new position says it, whichever it
/// is, and no later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Returned {
    /// Away for too long.
    Late,
}

impl Returned {
    /// What a status says of it.
    pub fn of(status: &LineStatus) -> Option<Self> {
        matches!(status, LineStatus::Waiting { is_late: true, .. }).then_some(Self::Late)
    }

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Late => "LATE",
        }
    }
}
