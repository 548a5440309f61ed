//! The day of an event: from midnight on in the zone of the setting `reservation.day_zone` nobody cancels (RSV-006).

use crate::time::Timestamp;
use jiff::tz::TimeZone;

/// The zone whose midnight begins a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayZone(TimeZone);

/// A name that is no time zone here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time zone; a name such as Asia/Seoul or UTC is wanted")]
pub struct DayZoneError(pub String);

impl DayZone {
    /// The zone of an IANA name, such as `Asia/Seoul`.
    ///
    /// # Errors
    /// [`DayZoneError`].
    pub fn named(name: &str) -> Result<Self, DayZoneError> {
        let known = TimeZone::get(name).ok().or_else(|| of_korea(name));
        known.map(Self).ok_or_else(|| DayZoneError(name.chars().take(80).collect()))
    }

    /// The first moment of the day on which something at `at` takes place.
    pub fn start_of_day(&self, at: Timestamp) -> Timestamp {
        let moment = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let start = moment.to_zoned(self.0.clone()).start_of_day();
        start.map_or(at, |start| Timestamp(start.timestamp().as_millisecond()))
    }

    /// Date and time of day in the zone, for people: `2026-12-24 19:30`.
    pub fn shown(&self, at: Timestamp) -> String {
        let moment = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        moment.to_zoned(self.0.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// The product's own zone, also on a machine without a list of zones: it has had one offset since 1988.
fn of_korea(name: &str) -> Option<TimeZone> {
    (name == "Asia/Seoul").then(|| TimeZone::fixed(jiff::tz::offset(9)))
}

/// Korea's.
impl Default for DayZone {
    fn default() -> Self {
        Self(of_korea("Asia/Seoul").unwrap_or(TimeZone::UTC))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    #[test]
    fn the_day_begins_at_midnight_in_its_zone() {
        let seoul = DayZone::default();
        let show = at("2026-12-24T19:30:00+09:00");
        assert_eq!(seoul.start_of_day(show), at("2026-12-24T00:00:00+09:00"));
        let last = at("2026-12-23T23:59:59.999+09:00");
        assert_eq!(seoul.start_of_day(last), at("2026-12-23T00:00:00+09:00"));
        let utc = DayZone::named("UTC").expect("a zone");
        assert_eq!(utc.start_of_day(show), at("2026-12-24T00:00:00Z"));
        assert!(DayZone::named("Asia/Nowhere").is_err() && DayZone::named("").is_err());
        assert!(DayZone::named("Asia/Seoul").is_ok());
        assert_eq!((seoul.shown(show), utc.shown(show)), ("2026-12-24 19:30".into(), "2026-12-24 10:30".into()));
    }

    proptest! {
        #[test]
        fn a_day_begins_before_what_is_on_it_and_at_most_a_day_earlier(ms in 86_400_000i64..4_102_444_800_000) {
            let start = DayZone::default().start_of_day(Timestamp(ms));
            prop_assert!(start.millis() <= ms && ms - start.millis() < 86_400_000);
            prop_assert_eq!(DayZone::default().start_of_day(start), start);
        }
    }
}
