//! The form of a time between services.
//!
//! Public answers of ticketing write [`Timestamp`] itself, cut off to the second; `/internal/**` and the payloads of messages
//! write it with milliseconds, so that nothing is compared that was cut off (`contract-amendments.md`, 8). Both are read alike.

use crate::time::{TimeError, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A moment as services write it to each other: `yyyy-MM-ddTHH:mm:ss.SSS`, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PreciseTime(pub Timestamp);

impl PreciseTime {
    /// Reads every form of [`Timestamp::parse`].
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        Timestamp::parse(text).map(Self)
    }
}

impl From<Timestamp> for PreciseTime {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl From<PreciseTime> for Timestamp {
    fn from(at: PreciseTime) -> Self {
        at.0
    }
}

impl fmt::Display for PreciseTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousandths = self.0.civil().subsec_nanosecond() / 1_000_000;
        write!(out, "{}.{thousandths:03}", self.0)
    }
}

impl Serialize for PreciseTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PreciseTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Timestamp::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_precise_time_has_three_digits_of_a_second() {
        let at = PreciseTime::parse("2026-12-01T20:00:00.4567+09:00").expect("a time");
        assert_eq!(at.to_string(), "2026-12-01T11:00:00.456");
        assert_eq!(at.0.to_string(), "2026-12-01T11:00:00", "the public form is cut off");
        assert_eq!(PreciseTime(Timestamp(1_000)).to_string(), "1970-01-01T00:00:01.000");
        assert!(PreciseTime::parse("2026-12-01").is_err());
    }

    proptest! {
        #[test]
        fn no_millisecond_is_lost_between_services(ms in 0i64..253_402_300_799_999) {
            let at = PreciseTime(Timestamp(ms));
            prop_assert_eq!(PreciseTime::parse(&at.to_string()), Ok(at));
        }
    }
}
