//! Values of request bodies that need more than their type.

use domain::Timestamp;
use domain::catalog::WON_MAX;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use utoipa::ToSchema;
use uuid::Uuid;

/// As the schema of [`GivenWon`] says it.
const _: () = assert!(WON_MAX == 1_000_000_000);
/// Longest transaction id in characters.
const TRANSACTION_MAX: usize = 255;

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

/// A moment in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "2026-12-24T10:00:00.000")]
pub struct GivenTime(pub Timestamp);

impl<'de> Deserialize<'de> for GivenTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Timestamp::deserialize(deserializer).map(Self)
    }
}

/// An amount in whole won: many languages write 30000.0 for a whole number, and hear what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = i64, minimum = 0, maximum = 1_000_000_000)]
pub struct GivenWon(pub i64);

impl<'de> Deserialize<'de> for GivenWon {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = GivenWon;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a whole number without a decimal point, such as 150000")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<GivenWon, E> {
                let is_amount = (0..=WON_MAX).contains(&value);
                if is_amount { Ok(GivenWon(value)) } else { Err(E::custom(format!("must be 0 to {WON_MAX}"))) }
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<GivenWon, E> {
                self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
            }
        }
        deserializer.deserialize_i64(Whole)
    }
}

/// PortOne's name of a transaction, as a page gives it.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 255)]
pub struct GivenTransaction(pub String);

impl<'de> Deserialize<'de> for GivenTransaction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_text = !text.trim().is_empty() && text.chars().count() <= TRANSACTION_MAX;
        let is_text = is_text && !text.contains(char::is_control);
        if is_text { Ok(Self(text)) } else { Err(D::Error::custom("must be a transaction id")) }
    }
}

/// How to pay: by card, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
pub enum GivenMethod {
    /// By card.
    #[schema(rename = "CARD")]
    Card,
}

impl<'de> Deserialize<'de> for GivenMethod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "CARD" { Ok(Self::Card) } else { Err(D::Error::custom("must be CARD")) }
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
