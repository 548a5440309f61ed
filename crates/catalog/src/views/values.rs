//! Values of request bodies that need more than their type.

use crate::search::composed;
use domain::catalog::text::{Kind, check};
use onsale_http::ApiError;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use utoipa::ToSchema;
use uuid::Uuid;

/// A text of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct GivenText(pub String);

impl GivenText {
    /// The text in the form in which it is kept: composed, without blanks around it.
    ///
    /// # Errors
    /// `INVALID_INPUT` with the name of the field.
    pub fn checked(&self, kind: Kind, field: &str) -> Result<String, ApiError> {
        let text = composed(&self.0);
        check(kind, &text).map(str::to_owned).map_err(|error| ApiError::invalid(format!("{field}: {error}")))
    }
}

/// Reads a UUID in its usual form, with hyphens and in any case; `None` for anything else.
pub fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

/// An id in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = Uuid)]
pub struct GivenId(pub Uuid);

impl<'de> Deserialize<'de> for GivenId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        uuid(&text).map(Self).ok_or_else(|| D::Error::custom("must be a UUID"))
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

/// An amount in whole won: many languages write 30000.0 for a whole number, and hear what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = i64, minimum = 0, maximum = 1_000_000_000)]
pub struct GivenWon(pub i64);

impl<'de> Deserialize<'de> for GivenWon {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = i64;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a whole number without a decimal point, such as 150000")
            }

            fn visit_i64<E>(self, value: i64) -> Result<i64, E> {
                Ok(value)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
                i64::try_from(value).map_err(|_| E::custom("is too large"))
            }
        }
        deserializer.deserialize_i64(Whole).map(Self)
    }
}

/// Prices by the name of a grade.
pub type GivenPrices = BTreeMap<String, GivenWon>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_read_in_its_usual_form_alone() {
        assert!(uuid("0190A1B2-0000-7000-8000-00000000000f").is_some());
        for bad in ["", "7", "0190a1b200007000800000000000000f", "{0190a1b2-0000-7000-8000-00000000000f}"] {
            assert_eq!(uuid(bad), None, "{bad}");
        }
        assert!(serde_json::from_str::<GivenWon>("1.0").is_err());
        assert_eq!(serde_json::from_str::<GivenWon>("7").expect("read"), GivenWon(7));
    }
}
