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

/// Reads back the written form, as [`EventName::stored`] does.
impl FromStr for LineId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.split_once(':') {
            Some(("gate", campaign)) => Ok(Self::Gate(campaign.parse()?)),
            Some(("queue", name)) => Ok(Self::Queue(EventName::stored(name)?)),
            _ => Err(NameError::BadCharacter),
        }
    }
}

impl LineId {
    /// The name in an address: `gate:<tenant>~<campaign>` for a campaign of another tenant than `default`. A slash
    /// would be another segment there, and `~` is in no name.
    pub fn in_address(&self) -> String {
        self.to_string().replace('/', "~")
    }

    /// Reads the name in an address.
    ///
    /// # Errors
    /// [`NameError`] for anything but `gate:<campaign>`, `gate:<tenant>~<campaign>` or `queue:<name>`.
    pub fn from_address(text: &str) -> Result<Self, NameError> {
        if text.contains('/') {
            return Err(NameError::BadCharacter);
        }
        text.replacen('~', "/", 1).parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_named_in_an_address_without_a_slash() {
        for (written, address) in
            [("gate:shoes", "gate:shoes"), ("gate:acme/shoes", "gate:acme~shoes"), ("queue:shop", "queue:shop")]
        {
            let line: LineId = written.parse().expect("a line");
            assert_eq!(line.in_address(), address);
            assert_eq!(LineId::from_address(address), Ok(line));
        }
        for bad in ["gate:acme/shoes", "gate:a~b~c", "queue:a~b", "gate:~shoes", "gate:acme~", "shop", ""] {
            assert!(LineId::from_address(bad).is_err(), "{bad}");
        }
    }
}
