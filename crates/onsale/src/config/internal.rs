//! The sections `internal` and `gateway`: how our own services reach and know each other.

use super::sections::address_or_none;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Calls between Onsale's own services.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Internal {
    /// Where a process of all roles takes calls between services; `None`: nowhere.
    #[serde(deserialize_with = "address_or_none")]
    pub listen: Option<SocketAddr>,
    /// The current keys.
    pub key: RoleTexts,
    /// The previous keys, which are still valid.
    pub previous_key: RoleTexts,
    /// URLs of roles in other processes.
    pub url: RoleTexts,
    /// Authorities trusted for these URLs, in PEM; empty: the system's.
    pub ca_file: PathBuf,
}

/// The gateway.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Where the gateway reaches a role that runs in another process.
    pub url: RoleTexts,
}

/// A text for each role. Which roles have one, the table of keys says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct RoleTexts(BTreeMap<String, String>);

impl RoleTexts {
    /// The text of a role; empty for none.
    pub fn of(&self, role: &str) -> &str {
        self.0.get(role).map_or("", String::as_str)
    }

    /// The file that is named for a role; an empty path for none.
    pub fn file_of(&self, role: &str) -> &Path {
        Path::new(self.0.get(&format!("{role}_file")).map_or("", String::as_str))
    }
}
