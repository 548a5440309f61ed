//! Moments in time, as the contract writes them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A moment: milliseconds since 1970-01-01T00:00:00 UTC.
///
/// On the wire it is `yyyy-MM-ddTHH:mm:ss` in UTC (`contract.md`, Conventions).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// The latest moment the wire format can hold (9999-12-31T23:59:59).
const LATEST_MS: i64 = 253_402_300_799_000;
const DAY_MS: i64 = 86_400_000;

impl Timestamp {
    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment moved by whole seconds; stops at the ends of what can be written.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)).clamp(0, LATEST_MS))
    }

    /// This moment moved by whole days of 24 hours.
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days) * DAY_MS).clamp(0, LATEST_MS))
    }

    /// Reads `yyyy-MM-ddTHH:mm:ss` (UTC). A fraction, and a `Z` or offset, are understood too.
    pub fn parse(text: &str) -> Option<Self> {
        let with_offset = text.parse::<jiff::Timestamp>().ok();
        let moment = match with_offset {
            Some(moment) => moment,
            None => text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(),
        };
        let millis = moment.as_millisecond();
        (0..=LATEST_MS).contains(&millis).then_some(Self(millis))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0.clamp(0, LATEST_MS)).unwrap_or_default();
        write!(out, "{}", moment.strftime("%Y-%m-%dT%H:%M:%S"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom("a time must be yyyy-MM-ddTHH:mm:ss (UTC), for example 2026-12-01T20:00:00")
        })
    }
}

/// Milliseconds in journals, where nothing may be rounded: for `#[serde(with = ...)]`.
pub mod as_millis {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes milliseconds.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        at.0.serialize(serializer)
    }

    /// Reads milliseconds.
    ///
    /// # Errors
    /// When there is no whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp)
    }
}

/// As [`as_millis`], where there may be none.
pub mod as_millis_option {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes milliseconds or nothing.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(Timestamp::millis).serialize(serializer)
    }

    /// Reads milliseconds or nothing.
    ///
    /// # Errors
    /// When there is something else.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<i64>::deserialize(deserializer)?.map(Timestamp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_the_contract_form() {
        let moment = Timestamp::parse("2026-12-01T20:00:00").expect("well formed");
        assert_eq!(moment.to_string(), "2026-12-01T20:00:00");
        assert_eq!(Timestamp::parse("2026-12-01T20:00:00Z"), Some(moment));
        assert_eq!(Timestamp::parse("2026-12-02T05:00:00+09:00"), Some(moment));
    }

    #[test]
    fn invalid_times_are_refused() {
        for text in ["", "tomorrow", "2026-13-01T00:00:00", "2026-02-30T00:00:00", "-0001-01-01T00:00:00"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
