//! Values of request bodies that need more than their type: money, and fields that may be absent but not `null`.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Reads a field that may be absent, but not `null`: a `null` that changes nothing hides a mistake of the caller.
///
/// # Errors
/// For `null`, and for a value of another type.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Option::<T>::deserialize(deserializer)?;
    if value.is_some() { Ok(value) } else { Err(D::Error::custom("must not be null; leave the field out instead")) }
}

/// Reads an amount of money that may be absent, but not `null`.
///
/// # Errors
/// As [`won`].
pub(super) fn present_won<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    won(deserializer).map(Some)
}

/// Reads an amount in whole won, and says in words what else was found: many languages write 30000.0 for a whole number.
///
/// # Errors
/// For anything but a whole number.
pub(super) fn won<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct Whole;
    impl Visitor<'_> for Whole {
        type Value = i64;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a whole number without a decimal point, such as 30000")
        }

        fn visit_i64<E>(self, value: i64) -> Result<i64, E> {
            Ok(value)
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
            i64::try_from(value).map_err(|_| E::custom("is too large"))
        }
    }
    deserializer.deserialize_i64(Whole)
}
