//! Which line.

use crate::name::{CampaignId, EventName, NameError};
use std::fmt;
use std::str::FromStr;

/// A line among all lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineId {
    /// Before a campaign (GATE-001).
    Gate(CampaignId),
    /// Before a schedule, or before any site (QUEUE-001).
    Queue(EventName),
}

/// `gate:<campaign>` or `queue:<name>`.
impl fmt::Display for LineId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gate(campaign) => write!(out, "gate:{campaign}"),
            Self::Queue(name) => write!(out, "queue:{name}"),
        }
    }
}

impl FromStr for LineId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.split_once(':') {
            Some(("gate", campaign)) => Ok(Self::Gate(campaign.parse()?)),
            Some(("queue", name)) => Ok(Self::Queue(EventName::new(name)?)),
            _ => Err(NameError::BadCharacter),
        }
    }
}
