//! What a person may do.

use serde::{Deserialize, Serialize};

/// The role of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum UserRole {
    /// Buys.
    User,
    /// Runs the evening.
    Admin,
}

impl UserRole {
    /// The role with this name, as in tokens and tables.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Admin].into_iter().find(|role| role.as_str() == text)
    }

    /// As in tokens and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Admin => "ADMIN",
        }
    }
}
