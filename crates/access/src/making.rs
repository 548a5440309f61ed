//! Makes keys. The text of a key is shown once; only the hash of its secret is stored.

use crate::holder::Caller;
use crate::keys::{PREFIX, SECRET_BYTES};
use crate::rows::{self as api_keys, ApiKey, KeyKind, NETWORKS_MAX};
use domain::quota::{QuotaExceeded, Quotas};
use domain::{KeyId, Scopes, Timestamp};
use ipnet::IpNet;
use ledger::{Ledger, LedgerError};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A new key. `text` is shown once and not stored.
pub struct NewKey {
    /// Finds the key. Not secret.
    pub id: KeyId,
    /// The value of `X-Api-Key`.
    pub text: String,
    /// The stored hash of the secret.
    pub secret_hash: [u8; 32],
}

impl NewKey {
    /// Makes a key from the operating system's randomness.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn make() -> Result<Self, getrandom::Error> {
        let id = Uuid::new_v4();
        let mut secret = [0u8; SECRET_BYTES];
        getrandom::fill(&mut secret)?;
        let secret = hex::encode(secret);
        let secret_hash = Sha256::digest(secret.as_bytes()).into();
        Ok(Self { id: KeyId(id), text: format!("{PREFIX}{}_{secret}", id.simple()), secret_hash })
    }
}

/// What a new key may be used for. By default everything, from anywhere, for ever.
#[derive(Clone, Debug)]
pub struct Restrictions {
    /// For what.
    pub scopes: Scopes,
    /// From where, at most [`NETWORKS_MAX`] networks; empty for anywhere.
    pub networks: Vec<IpNet>,
    /// Until when, exclusively.
    pub expires_at: Option<Timestamp>,
}

impl Default for Restrictions {
    fn default() -> Self {
        Self { scopes: Scopes::ALL, networks: Vec::new(), expires_at: None }
    }
}

/// Makes a key for a caller and stores its hash. The text is to be shown once. `of_all`: the quotas of tenants without values
/// of their own.
///
/// # Errors
/// [`MakeKeyError`].
pub async fn make(
    ledger: &Ledger,
    caller: &Caller,
    restrictions: Restrictions,
    of_all: Quotas,
    at: Timestamp,
) -> Result<NewKey, MakeKeyError> {
    let Restrictions { scopes, networks, expires_at } = restrictions;
    if networks.len() > NETWORKS_MAX {
        return Err(MakeKeyError::Networks);
    }
    if expires_at.is_some_and(|end| end <= at) {
        return Err(MakeKeyError::Expired);
    }
    let key = NewKey::make()?;
    let (kind, name, schedule_id) = match caller {
        Caller::Administrator => (KeyKind::Admin, None, None),
        Caller::Tenant(tenant) => (KeyKind::Tenant, Some(tenant.to_string()), None),
        Caller::Service(service) => (KeyKind::Service, Some(service.clone()), None),
        Caller::Door(schedule) => (KeyKind::Door, None, *schedule),
    };
    let row = ApiKey {
        id: key.id,
        kind,
        name,
        secret_hash: hex::encode(key.secret_hash),
        label: key.text.chars().take(PREFIX.len() + 8).collect(),
        created_at: at,
        revoked_at: None,
        scopes,
        networks,
        schedule_id,
        expires_at,
        last_used_at: None,
    };
    match caller {
        Caller::Tenant(tenant) => api_keys::insert_of_tenant(ledger, tenant, of_all, &row).await??,
        _ => api_keys::insert(ledger, &row).await?,
    }
    Ok(key)
}

/// Why a key could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeKeyError {
    /// It would never be in force.
    #[error("the key would have expired already")]
    Expired,
    /// More than [`NETWORKS_MAX`] networks.
    #[error("a key may name at most {} networks", NETWORKS_MAX)]
    Networks,
    /// The tenant has as many as it may.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The system has no randomness.
    #[error("the system has no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The key could not be stored.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
