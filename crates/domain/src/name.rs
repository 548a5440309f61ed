//! Names that come from outside: users, campaigns, tenants.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::sync::Arc;

/// Longest user id or campaign id in characters (`contract.md`, Conventions).
pub const NAME_LENGTH_MAX: usize = 128;

/// The tenant of calls that carry no key.
pub const DEFAULT_TENANT: &str = "default";

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("must not be empty")]
    Empty,
    /// More than [`NAME_LENGTH_MAX`] characters.
    #[error("must have at most 128 characters")]
    TooLong,
    /// A character outside `[A-Za-z0-9_.:-]`.
    #[error("may contain only letters (A-Z, a-z), digits and _ . : -")]
    BadCharacter,
}

/// Whether `text` is 1..128 characters of `[A-Za-z0-9_.:-]`.
pub fn check_name(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > NAME_LENGTH_MAX {
        return Err(NameError::TooLong);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
    if text.bytes().all(allowed) { Ok(()) } else { Err(NameError::BadCharacter) }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a name from outside.
            ///
            /// # Errors
            /// [`NameError`] when it is empty, too long, or has a character that names may not have.
            pub fn new(text: &str) -> Result<Self, NameError> {
                check_name(text)?;
                Ok(Self(text.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

name_type!(
    /// A person who wants a coupon, as the caller names them.
    UserId
);
name_type!(
    /// A campaign's name within its tenant; `event_id` on the wire.
    EventName
);
name_type!(
    /// Whose campaigns these are (GATE-009).
    TenantName
);

impl TenantName {
    /// The tenant of calls without a key.
    pub fn default_tenant() -> Self {
        Self(DEFAULT_TENANT.into())
    }
}

/// A campaign among all campaigns: its tenant and its name there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CampaignId {
    /// Whose campaign it is.
    pub tenant: TenantName,
    /// The name within the tenant.
    pub event: EventName,
}

impl CampaignId {
    /// A campaign of the given tenant.
    pub fn new(tenant: TenantName, event: EventName) -> Self {
        Self { tenant, event }
    }
}

/// As it stands in hot keys and message keys: `<tenant>/<campaign>`, or the bare campaign for the default tenant.
impl fmt::Display for CampaignId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tenant.as_str() == DEFAULT_TENANT {
            write!(out, "{}", self.event)
        } else {
            write!(out, "{}/{}", self.tenant, self.event)
        }
    }
}

impl std::str::FromStr for CampaignId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (tenant, event) = text.split_once('/').unwrap_or((DEFAULT_TENANT, text));
        Ok(Self { tenant: TenantName::new(tenant)?, event: EventName::new(event)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_each_kind_of_bad_name() {
        assert_eq!(check_name(""), Err(NameError::Empty));
        assert_eq!(check_name(&"a".repeat(129)), Err(NameError::TooLong));
        assert_eq!(check_name("a b"), Err(NameError::BadCharacter));
        assert_eq!(check_name("a\u{0}"), Err(NameError::BadCharacter));
        assert_eq!(check_name("사람"), Err(NameError::BadCharacter));
        assert_eq!(check_name(&"a".repeat(128)), Ok(()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn campaign_ids_survive_their_written_form(tenant in "[A-Za-z0-9_.:-]{1,20}", event in "[A-Za-z0-9_.:-]{1,20}") {
            let id = CampaignId::new(TenantName::new(&tenant).expect("valid"), EventName::new(&event).expect("valid"));
            prop_assert_eq!(id.to_string().parse::<CampaignId>(), Ok(id));
        }
    }
}
