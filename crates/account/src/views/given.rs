//! Fields that may be missing, but not null; and texts that may not be blank.

use domain::account::{EmailAddress, Password, PersonName, PhoneNumber};
use onsale_http::ApiError;
use serde::{Deserialize, Deserializer};

/// Most bytes of a body of an account (contract: `/auth/**`, `/users/**`).
pub(crate) const BODY_BYTES_MAX: usize = 10_240;

/// Reads a field that is there: null is refused as any other wrong kind.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Refuses a blank text.
pub(crate) fn not_blank(field: &str, text: &str) -> Result<(), ApiError> {
    if text.trim().is_empty() { Err(ApiError::invalid(format!("{field} must not be blank"))) } else { Ok(()) }
}

/// Reads an e-mail address.
pub(crate) fn email(text: &str) -> Result<EmailAddress, ApiError> {
    EmailAddress::parse(text).map_err(|error| ApiError::invalid(format!("email {error}")))
}

/// Reads a new password.
pub(crate) fn password(field: &str, text: &str) -> Result<Password, ApiError> {
    Password::parse(text).map_err(|error| ApiError::invalid(format!("{field} {error}")))
}

/// Reads a name.
pub(crate) fn name(text: &str) -> Result<PersonName, ApiError> {
    PersonName::parse(text).map_err(|error| ApiError::invalid(format!("name {error}")))
}

/// Reads a phone number.
pub(crate) fn phone(text: &str) -> Result<PhoneNumber, ApiError> {
    PhoneNumber::parse(text).map_err(|error| ApiError::invalid(format!("phone {error}")))
}
