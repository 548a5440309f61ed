//! The holder of a key in force, and what it may do.

use domain::{ErrorCode, KeyId, Scope, Scopes, TenantName, Timestamp};
use ipnet::IpNet;
use onsale_http::ApiError;
use std::net::IpAddr;
use uuid::Uuid;

/// The owner of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// May do everything that its scopes allow, in the tenant `default` unless it names another.
    Administrator,
    /// May do everything that its scopes allow with its own campaigns.
    Tenant(TenantName),
    /// Another service of this system.
    Service(String),
    /// A device at a door, of one schedule or of all.
    Door(Option<Uuid>),
}

/// A key in force: whose it is, and what it may be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The key.
    pub id: KeyId,
    /// Its owner.
    pub caller: Caller,
    /// Its scopes.
    pub scopes: Scopes,
    /// From where it may be used; empty for anywhere.
    pub networks: Vec<IpNet>,
    /// The first moment at which it is in force no more; none for never.
    pub expires_at: Option<Timestamp>,
}

impl Holder {
    /// Whether the key is in force for a caller at this address. A key that may be used from some networks only is not in
    /// force for a caller whose address is unknown.
    pub fn is_in_force(&self, from: Option<IpAddr>, now: Timestamp) -> bool {
        let may_come = |from: IpAddr| self.networks.iter().any(|network| network.contains(&from.to_canonical()));
        self.expires_at.is_none_or(|end| now < end) && (self.networks.is_empty() || from.is_some_and(may_come))
    }

    /// Checks that the key may be used for this: the one place where scopes count.
    ///
    /// # Errors
    /// `FORBIDDEN`.
    pub fn demand(&self, scope: Scope) -> Result<(), ApiError> {
        if self.scopes.has(scope) {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::Forbidden).detail(format!("this key lacks the scope {scope}")))
    }
}
