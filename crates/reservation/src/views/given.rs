//! Values of request bodies that need more than their type.

use domain::Timestamp;
use onsale_http::ApiError;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

/// Reads a UUID in its usual form, with hyphens and in any case; `None` for anything else.
pub fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

/// An id in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = Uuid)]
pub struct GivenId(pub Uuid);

impl<'de> Deserialize<'de> for GivenId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        uuid(&text).map(Self).ok_or_else(|| D::Error::custom("must be a UUID"))
    }
}

/// A moment in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "2026-12-24T10:00:00")]
pub struct GivenTime(pub Timestamp);

impl<'de> Deserialize<'de> for GivenTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Timestamp::deserialize(deserializer).map(Self)
    }
}

/// Reads a field that may be absent, but not `null`: a `null` that changes nothing hides a mistake of the caller.
///
/// # Errors
/// For `null`, and for a value of another type.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Option::<T>::deserialize(deserializer)?;
    if value.is_some() { Ok(value) } else { Err(D::Error::custom("must not be null; leave the field out instead")) }
}

/// Checks a text of a device or an operator: 1 to `longest` characters, none of them control characters, not blank.
///
/// # Errors
/// `INVALID_INPUT` with the name of the field.
pub(super) fn text(given: &str, longest: usize, field: &str) -> Result<String, ApiError> {
    let text = given.trim();
    let is_valid = (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if is_valid {
        return Ok(text.to_owned());
    }
    Err(ApiError::invalid(format!("{field} must have 1 to {longest} characters, and no control characters")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_read_in_its_usual_form_alone() {
        assert!(uuid("0190A1B2-0000-7000-8000-00000000000f").is_some());
        for bad in ["", "7", "0190a1b200007000800000000000000f", "{0190a1b2-0000-7000-8000-00000000000f}"] {
            assert_eq!(uuid(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_text_is_trimmed_and_must_say_something() {
        assert_eq!(text(" gate 3 ", 8, "gate"), Ok("gate 3".to_owned()));
        for bad in ["", "  ", "123456789", "a\u{7}"] {
            assert!(text(bad, 8, "gate").is_err(), "{bad:?}");
        }
    }
}
