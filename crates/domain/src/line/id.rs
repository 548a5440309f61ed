//! Which line.

use crate::id::ScheduleId;
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

/// Longest name of a site's line, in characters: it becomes part of the names of cookies.
const SITE_NAME_MAX: usize = 64;

/// Why a site's line cannot have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteNameError {
    /// It is not a name at all.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It would not fit into the name of a cookie.
    #[error("must have at most 64 characters, and no :")]
    Cookie,
    /// Part of an address of administrators.
    #[error("must not be lines or stats")]
    Address,
    /// A schedule's line is named so.
    #[error("must not be a UUID, which names the line of a schedule")]
    Uuid,
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
    /// The line before a site that has this name from outside.
    ///
    /// # Errors
    /// [`SiteNameError`] for anything but a name of a site's line.
    pub fn of_site(name: &str) -> Result<Self, SiteNameError> {
        let line = EventName::new(name)?;
        match name {
            _ if name.len() > SITE_NAME_MAX || name.contains(':') => Err(SiteNameError::Cookie),
            "lines" | "stats" => Err(SiteNameError::Address),
            _ if uuid::Uuid::try_parse(name).is_ok() => Err(SiteNameError::Uuid),
            _ => Ok(Self::Queue(line)),
        }
    }

    /// The line before the seats of a schedule.
    pub fn of_schedule(id: ScheduleId) -> Self {
        Self::Queue(id.into())
    }

    /// The schedule whose line this is; `None` for a line of another kind.
    pub fn schedule(&self) -> Option<ScheduleId> {
        let Self::Queue(name) = self else { return None };
        let id: ScheduleId = name.as_str().parse().ok()?;
        // Other forms of a UUID name no line.
        (id.to_string() == name.as_str()).then_some(id)
    }

    /// Whether administrators make, change and end this line: those before schedules and campaigns come and go with them.
    pub fn is_of_site(&self) -> bool {
        matches!(self, Self::Queue(name) if uuid::Uuid::try_parse(name.as_str()).is_err())
    }

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
    fn a_line_before_a_site_has_a_name_of_its_own() {
        let site = |name: &str| LineId::of_site(name);
        assert_eq!(site("shop"), "queue:shop".parse().map_err(SiteNameError::Name));
        for (name, why) in [
            ("lines", SiteNameError::Address),
            ("stats", SiteNameError::Address),
            (".", NameError::Dots.into()),
            ("..", NameError::Dots.into()),
            ("gate:shop", NameError::Reserved.into()),
            ("queue:shop", NameError::Reserved.into()),
            ("", NameError::Empty.into()),
            ("a/b", NameError::BadCharacter.into()),
            ("a:b", SiteNameError::Cookie),
            (&"a".repeat(65), SiteNameError::Cookie),
            ("3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11", SiteNameError::Uuid),
            ("3F2A0B0E6C3D4A579E3F6D1F0A4F6A11", SiteNameError::Uuid),
        ] {
            assert_eq!(site(name), Err(why), "{name}");
        }
        let is_of_site = |line: &str| line.parse::<LineId>().expect("a line").is_of_site();
        assert!(is_of_site("queue:shop") && is_of_site("queue:stats"), "an earlier version took some names");
        assert!(!is_of_site("gate:shop") && !is_of_site("queue:3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11"));
    }

    #[test]
    fn the_line_of_a_schedule_is_named_by_its_id_in_one_form() {
        let text = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";
        let line = LineId::of_schedule(text.parse().expect("an id"));
        assert_eq!((line.to_string(), line.is_of_site()), (format!("queue:{text}"), false));
        assert_eq!(line.schedule().map(|id| id.to_string()).as_deref(), Some(text));
        for other in ["queue:shop", "gate:shop", "queue:3F2A0B0E-6C3D-4A57-9E3F-6D1F0A4F6A11"] {
            assert_eq!(other.parse::<LineId>().expect("a line").schedule(), None, "{other}");
        }
    }

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
