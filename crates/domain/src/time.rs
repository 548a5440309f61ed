//! Moments in time, as the contract writes them.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A moment: milliseconds since 1970-01-01T00:00:00 UTC.
///
/// Ticketing, queue and gate write it as `yyyy-MM-ddTHH:mm:ss` in UTC (`contract.md`, Conventions); the coupon API writes
/// and reads it as [`ZonedTime`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// The latest moment that can be written (9999-12-31T23:59:59.999).
const LATEST_MS: i64 = 253_402_300_799_999;
const DAY_MS: i64 = 86_400_000;
/// The largest offset from UTC in minutes. No place on earth is further than 14 hours off.
const OFFSET_MINUTES_MAX: i64 = 14 * 60;
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Why a text is no time. The text of the error is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not one of the documented forms.
    #[error("must be yyyy-MM-ddTHH:mm:ss with Z or an offset, for example 2026-12-01T20:00:00+09:00")]
    Form,
    /// A form without an offset, where an offset is required.
    #[error("needs Z or an offset, for example 2026-12-01T20:00:00+09:00 for eight in the evening in Seoul")]
    NoOffset,
    /// A month, day, hour, minute, second or offset that does not exist.
    #[error("is a date or a time of day that does not exist")]
    NoSuchTime,
    /// Outside of the years that are accepted.
    #[error("must be between 1970-01-01T00:00:00Z and 9999-12-31T23:59:59Z")]
    OutOfRange,
}

impl Timestamp {
    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Date and time of day in UTC, within the years that can be written.
    pub fn civil(self) -> DateTime {
        let since = SignedDuration::from_millis(self.0.clamp(0, LATEST_MS));
        EPOCH.checked_add(since).unwrap_or(DateTime::MAX)
    }

    /// This moment moved by whole seconds; stops at the ends of what can be written.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)).clamp(0, LATEST_MS))
    }

    /// This moment moved by whole days of 24 hours.
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days) * DAY_MS).clamp(0, LATEST_MS))
    }

    /// Reads `yyyy-MM-ddTHH:mm:ss[.f{1,9}][Z|±HH:MM]`, without an offset as UTC, and nothing else: no date alone, no zone
    /// in brackets, no short forms. What is below a millisecond is cut off.
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        read(text).map(|(at, _)| at)
    }
}

/// Reads one of the documented forms. Returns the moment, and whether the text has an offset.
fn read(text: &str) -> Result<(Timestamp, bool), TimeError> {
    let (civil, rest) = text.split_at_checked("yyyy-MM-ddTHH:mm:ss".len()).ok_or(TimeError::Form)?;
    if !has_form(civil, b"dddd-dd-ddTdd:dd:dd") {
        return Err(TimeError::Form);
    }
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
        None => ("0", rest),
    };
    if !(1..=9).contains(&fraction.len()) {
        return Err(TimeError::Form);
    }
    let offset_minutes = offset_minutes(offset)?;
    // A leap second has no moment of its own.
    let civil: DateTime = civil.parse().map_err(|_| TimeError::NoSuchTime)?;
    if text[17..19] == *"60" {
        return Err(TimeError::NoSuchTime);
    }
    let seconds = civil.duration_since(EPOCH).as_secs() - offset_minutes.unwrap_or(0) * 60;
    let thousandths: i64 = format!("{fraction:0<3}")[..3].parse().map_err(|_| TimeError::Form)?;
    let moment = Timestamp(seconds * 1000 + thousandths);
    let is_in_range = (0..=LATEST_MS).contains(&moment.0);
    if is_in_range { Ok((moment, offset_minutes.is_some())) } else { Err(TimeError::OutOfRange) }
}

/// Whether the text has a digit for every `d` of the form, and the form's own byte elsewhere.
fn has_form(text: &str, form: &[u8]) -> bool {
    let matches = |(byte, wanted): (u8, &u8)| if *wanted == b'd' { byte.is_ascii_digit() } else { byte == *wanted };
    text.len() == form.len() && text.bytes().zip(form).all(matches)
}

/// The minutes east of UTC; `None` without an offset.
fn offset_minutes(text: &str) -> Result<Option<i64>, TimeError> {
    if text.is_empty() {
        return Ok(None);
    }
    if text == "Z" {
        return Ok(Some(0));
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return Err(TimeError::Form),
    };
    if !has_form(&text[1..], b"dd:dd") {
        return Err(TimeError::Form);
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().map_err(|_| TimeError::Form);
    let (hours, minutes) = (number(1..3)?, number(4..6)?);
    let is_real = minutes < 60 && hours * 60 + minutes <= OFFSET_MINUTES_MAX;
    if is_real { Ok(Some(sign * (hours * 60 + minutes))) } else { Err(TimeError::NoSuchTime) }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.civil().strftime("%Y-%m-%dT%H:%M:%S"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&text_of(deserializer)?).map_err(|error| de::Error::custom(format!("a time {error}")))
    }
}

fn text_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map_err(|_| de::Error::custom(format!("a time {}", TimeError::Form)))
}

/// A moment on the wire of the coupon API: written with `Z`, read only with `Z` or an offset. A time without an offset is
/// read as local time by people and as UTC by programs, and opens a sale nine hours late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ZonedTime(pub Timestamp);

impl ZonedTime {
    /// Reads `yyyy-MM-ddTHH:mm:ss[.f{1,9}](Z|±HH:MM)` and nothing else.
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let (at, has_offset) = read(text)?;
        if has_offset { Ok(Self(at)) } else { Err(TimeError::NoOffset) }
    }
}

impl From<Timestamp> for ZonedTime {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl From<ZonedTime> for Timestamp {
    fn from(at: ZonedTime) -> Self {
        at.0
    }
}

impl fmt::Display for ZonedTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}Z", self.0)
    }
}

impl Serialize for ZonedTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ZonedTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&text_of(deserializer)?).map_err(|error| de::Error::custom(format!("a time {error}")))
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
mod tests;
