//! Names that come from outside: users, campaigns, tenants.

use crate::id::{AccountId, ScheduleId};
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
    /// `.` or `..`: in an address it would mean another address (RFC 3986, 5.2.4), so no client could reach it.
    #[error("must be more than one or two dots, which mean another address")]
    Dots,
    /// Begins with `gate:` or `queue:`, as the name of a line among all lines does.
    #[error("must not begin with gate: or queue:")]
    Reserved,
}

/// Whether `text` is 1..128 characters of `[A-Za-z0-9_.:-]`, but not `.` or `..`.
///
/// # Errors
/// The rule that it breaks.
pub fn check_name(text: &str) -> Result<(), NameError> {
    check_characters(text)?;
    if matches!(text, "." | "..") { Err(NameError::Dots) } else { Ok(()) }
}

fn check_characters(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > NAME_LENGTH_MAX {
        return Err(NameError::TooLong);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
    if text.bytes().all(allowed) { Ok(()) } else { Err(NameError::BadCharacter) }
}

/// Like [`check_name`], for what we name ourselves: campaigns, tenants and lines. Not `gate:...` or `queue:...`, which
/// would be taken for another line.
///
/// # Errors
/// The rule that it breaks.
pub fn check_own_name(text: &str) -> Result<(), NameError> {
    check_name(text)?;
    let is_reserved = text.starts_with("gate:") || text.starts_with("queue:");
    if is_reserved { Err(NameError::Reserved) } else { Ok(()) }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
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
                $check(text)?;
                Ok(Self(text.into()))
            }

            /// Reads back a name that this program has kept. An earlier version took some that are refused today.
            ///
            /// # Errors
            /// [`NameError`] when it was never a name.
            pub fn stored(text: &str) -> Result<Self, NameError> {
                check_characters(text)?;
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

        /// As [`Self::stored`]: names from outside are read as text, so that an error can say which one is wrong.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::stored(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

name_type!(
    /// A person who wants a coupon, as the caller names them.
    UserId,
    check_name
);
name_type!(
    /// A campaign's name within its tenant; `event_id` on the wire.
    EventName,
    check_own_name
);
name_type!(
    /// Whose campaigns these are (GATE-009).
    TenantName,
    check_own_name
);

/// A person with an account is named by the account's id.
impl From<AccountId> for UserId {
    fn from(id: AccountId) -> Self {
        Self(id.to_string().into())
    }
}

/// The line before a schedule's seats is named by the schedule's id.
impl From<ScheduleId> for EventName {
    fn from(id: ScheduleId) -> Self {
        Self(id.to_string().into())
    }
}

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

    /// Takes a campaign from outside, `<campaign>` or `<tenant>/<campaign>`, by the rules of [`EventName::new`] and
    /// [`TenantName::new`]. What the program has kept is read by [`str::parse`].
    ///
    /// # Errors
    /// [`NameError`].
    pub fn given(text: &str) -> Result<Self, NameError> {
        let (tenant, event) = text.split_once('/').unwrap_or((DEFAULT_TENANT, text));
        Ok(Self { tenant: TenantName::new(tenant)?, event: EventName::new(event)? })
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

/// Reads back the written form, as [`EventName::stored`] does.
impl std::str::FromStr for CampaignId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (tenant, event) = text.split_once('/').unwrap_or((DEFAULT_TENANT, text));
        Ok(Self { tenant: TenantName::stored(tenant)?, event: EventName::stored(event)? })
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

    /// Kind: a name that means something else in an address or among lines.
    #[test]
    fn names_that_mean_something_else_are_refused() {
        for dots in [".", ".."] {
            assert_eq!(UserId::new(dots), Err(NameError::Dots));
            assert_eq!(EventName::new(dots), Err(NameError::Dots));
            assert_eq!(TenantName::new(dots), Err(NameError::Dots));
        }
        for reserved in ["gate:", "gate:shoes", "queue:", "queue:shop", "gate::", "queue:.."] {
            assert_eq!(EventName::new(reserved), Err(NameError::Reserved), "{reserved}");
            assert_eq!(TenantName::new(reserved), Err(NameError::Reserved), "{reserved}");
            assert!(UserId::new(reserved).is_ok(), "a person's name is never a line's");
        }
        for good in ["...", ".a", "a.", "a..b", "gate", "queue", "gates:a", "Gate:a", "a:gate:b"] {
            assert!(EventName::new(good).is_ok() && TenantName::new(good).is_ok() && UserId::new(good).is_ok());
        }
    }

    /// Kind: a setting takes what the API refuses.
    #[test]
    fn a_campaign_from_outside_has_names_from_outside() {
        for bad in
            [".", "..", "gate:a", "queue:a", "", "a b", "/a", "a/", "../a", "a/..", "gate:a/b", "a/queue:b", "a/b/c"]
        {
            assert!(CampaignId::given(bad).is_err(), "{bad}");
        }
        for good in ["a", "acme/a", "a.b", "default/a"] {
            assert_eq!(CampaignId::given(good), good.parse(), "{good}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn campaign_ids_survive_their_written_form(tenant in "[A-Za-z0-9_.:-]{1,20}", event in "[A-Za-z0-9_.:-]{1,20}") {
            let (tenant, event) = (TenantName::stored(&tenant).expect("valid"), EventName::stored(&event).expect("valid"));
            let id = CampaignId::new(tenant, event);
            prop_assert_eq!(id.to_string().parse::<CampaignId>(), Ok(id));
        }
    }
}
