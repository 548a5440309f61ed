//! The roles of a process, named as in the contract.

use std::str::FromStr;

/// A role that this build has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Decides on requests for coupons.
    Coupon,
    /// Writes the decisions into the database.
    Issuer,
    /// Keeps the lines before campaigns.
    Gate,
    /// Keeps the lines before sites, and shows lines of any kind. Needs no database.
    Queue,
}

/// Roles of the contract that this build lacks.
const ABSENT: [&str; 5] = ["gateway", "user", "catalog", "reservation", "payment"];

impl Role {
    /// All roles of this build.
    pub const ALL: [Self; 4] = [Self::Coupon, Self::Issuer, Self::Gate, Self::Queue];

    /// The default port of a process with this role alone.
    pub fn port(self) -> u16 {
        match self {
            Self::Coupon => 8086,
            Self::Issuer => 8087,
            Self::Gate => 8088,
            Self::Queue => 8083,
        }
    }

    /// The name of the role.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coupon => "coupon",
            Self::Issuer => "issuer",
            Self::Gate => "gate",
            Self::Queue => "queue",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|role| role.as_str() == text);
        known.ok_or_else(|| {
            let what =
                if ABSENT.contains(&text) { "this build does not have this role" } else { "there is no such role" };
            format!("{what}; it has coupon, issuer, gate and queue")
        })
    }
}
