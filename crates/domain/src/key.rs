//! What an API key may be used for.

use std::fmt;
use std::str::FromStr;

/// One right of a key. None includes another: a key that is to read and to change has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Issue coupons.
    Issue,
    /// Reserve, redeem and give back coupons for orders.
    Redeem,
    /// Enter users into gates, and read their ranks.
    Gate,
    /// Read campaigns, coupons and statistics.
    Read,
    /// Create and change campaigns and lines, revoke coupons.
    Admin,
}

impl Scope {
    /// Every scope, in the order in which they are written.
    pub const ALL: [Self; 5] = [Self::Issue, Self::Redeem, Self::Gate, Self::Read, Self::Admin];

    /// As written in commands, tables and the API document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Redeem => "redeem",
            Self::Gate => "gate",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Why a text names no scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one or more of issue, redeem, gate, read, admin, with commas between them")]
pub struct ScopeError;

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(ScopeError)
    }
}

/// The rights of one key. A key without a restriction has all, those of later versions, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// Every scope, also one that a later version adds.
    pub const ALL: Self = Self(u8::MAX);

    /// Whether the scope is among them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether they are restricted to some.
    pub fn is_restricted(self) -> bool {
        self != Self::ALL
    }

    /// The scopes by name.
    pub fn names(self) -> Vec<&'static str> {
        Scope::ALL.into_iter().filter(|scope| self.has(*scope)).map(Scope::as_str).collect()
    }
}

impl FromStr for Scopes {
    type Err = ScopeError;

    /// Reads `issue,read`. Every name counts once, in any order.
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let parts = text.split(',').map(|part| part.trim().parse::<Scope>());
        let bits = parts.map(|scope| scope.map(Scope::bit)).try_fold(0, |all, bit| bit.map(|bit| all | bit))?;
        Ok(Self(bits))
    }
}

/// The named scopes alone; none of them opens nothing.
impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, scope| all | scope.bit()))
    }
}

impl From<Scope> for Scopes {
    fn from(scope: Scope) -> Self {
        Self(scope.bit())
    }
}

/// `issue,read`, in the order of [`Scope::ALL`].
impl fmt::Display for Scopes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.names().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_as_they_are_written() {
        for scope in Scope::ALL {
            let alone = Scopes::from(scope);
            assert_eq!((alone.to_string().parse(), alone.names()), (Ok(alone), vec![scope.as_str()]));
            let others = Scope::ALL.into_iter().filter(|other| *other != scope);
            assert!(others.into_iter().all(|other| !alone.has(other)), "{scope} includes no other");
            assert!(Scopes::ALL.has(scope));
        }
        let some: Scopes = "read, issue,read".parse().expect("scopes");
        assert_eq!((some.to_string().as_str(), some.is_restricted()), ("issue,read", true));
        let all_of_today: Scopes = "issue,redeem,gate,read,admin".parse().expect("scopes");
        assert!(all_of_today.is_restricted(), "it does not get the scopes of a later version");
    }

    #[test]
    fn a_text_that_names_no_scope_is_refused() {
        for text in ["", ",", "issue,", "Issue", "all", "issue;read", "issue read"] {
            assert_eq!(text.parse::<Scopes>(), Err(ScopeError), "{text:?}");
        }
    }
}
