//! API keys for calls by programs (GATE-009). Keys are stored hashed. The key itself is shown once.
//!
//! A key has the form `onsale_<id>_<secret>`. The id finds the row. The secret's hash is compared in constant time.

use crate::rows::{self as api_keys, ApiKey, KeyKind};
use arc_swap::ArcSwap;
use domain::{TenantName, Timestamp};
use ledger::{Ledger, LedgerError};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use uuid::Uuid;

const PREFIX: &str = "onsale_";
const SECRET_BYTES: usize = 32;
/// Shortest time between two reads of the keys that unknown keys cause.
const REFRESH_EVERY_MIN: Duration = Duration::from_millis(500);

/// The owner of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// May do everything, in the tenant `default` unless it names another.
    Administrator,
    /// May do everything with its own campaigns.
    Tenant(TenantName),
    /// Another service of this system.
    Service(String),
}

/// Keys cannot be looked up right now. The same call again may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("keys cannot be looked up")]
pub struct KeysUnavailable;

/// A new key. `text` is shown once and not stored.
pub struct NewKey {
    /// Finds the key. Not secret.
    pub id: Uuid,
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
        Ok(Self { id, text: format!("{PREFIX}{}_{secret}", id.simple()), secret_hash })
    }
}

/// Splits a key into its id and its secret.
pub(crate) fn parts(text: &[u8]) -> Option<(Uuid, &[u8])> {
    let rest = text.strip_prefix(PREFIX.as_bytes())?;
    let (id, secret) = rest.split_at_checked(32)?;
    let secret = secret.strip_prefix(b"_").filter(|secret| secret.len() == SECRET_BYTES * 2)?;
    Some((Uuid::try_parse_ascii(id).ok()?, secret))
}

struct KeyEntry {
    secret_hash: [u8; 32],
    caller: Caller,
}

/// The keys in force, in memory, so that a call with a key costs no query.
pub struct KeyRing {
    ledger: Ledger,
    entries: ArcSwap<HashMap<Uuid, KeyEntry>>,
    /// When an unknown key last caused a read.
    refreshed_at: Mutex<Option<Instant>>,
}

impl KeyRing {
    /// Reads the keys in force.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn load(ledger: Ledger) -> Result<Arc<Self>, LedgerError> {
        let ring = Self { ledger, entries: ArcSwap::default(), refreshed_at: Mutex::new(None) };
        ring.refresh().await?;
        Ok(Arc::new(ring))
    }

    /// Reads the keys again. A revoked key stops working, and a new one starts to work.
    ///
    /// # Errors
    /// When the ledger cannot be read. The keys read before stay in force.
    pub async fn refresh(&self) -> Result<(), LedgerError> {
        let rows = api_keys::active(&self.ledger).await?;
        let entries = rows.into_iter().filter_map(entry_of).collect();
        self.entries.store(Arc::new(entries));
        Ok(())
    }

    /// The owner of this key; `None` for an unknown, revoked or malformed one.
    pub fn caller(&self, text: &[u8]) -> Option<Caller> {
        let (id, secret) = parts(text)?;
        let entries = self.entries.load();
        let key = entries.get(&id)?;
        let offered: [u8; 32] = Sha256::digest(secret).into();
        bool::from(offered.ct_eq(&key.secret_hash)).then(|| key.caller.clone())
    }

    /// Like [`KeyRing::caller`], but reads the keys again before it returns `None`: the key may be new. Concurrent
    /// calls share one read, and reads are at least [`REFRESH_EVERY_MIN`] apart.
    pub async fn caller_fresh(&self, text: &[u8]) -> Option<Caller> {
        parts(text)?;
        if let Some(caller) = self.caller(text) {
            return Some(caller);
        }
        let called_at = Instant::now();
        let mut refreshed_at = self.refreshed_at.lock().await;
        if refreshed_at.is_none_or(|at| at < called_at) {
            if let Some(at) = *refreshed_at {
                tokio::time::sleep(REFRESH_EVERY_MIN.saturating_sub(at.elapsed())).await;
            }
            *refreshed_at = Some(Instant::now());
            if let Err(error) = self.refresh().await {
                tracing::warn!(%error, "keys could not be read");
            }
        }
        self.caller(text)
    }
}

fn entry_of(row: ApiKey) -> Option<(Uuid, KeyEntry)> {
    let caller = match (row.kind, row.name) {
        (KeyKind::Admin, _) => Caller::Administrator,
        (KeyKind::Tenant, Some(name)) => Caller::Tenant(TenantName::stored(&name).ok()?),
        (KeyKind::Service, Some(name)) => Caller::Service(name),
        _ => return None,
    };
    let mut secret_hash = [0; 32];
    hex::decode_to_slice(&row.secret_hash, &mut secret_hash).ok()?;
    Some((row.id, KeyEntry { secret_hash, caller }))
}

/// Makes a key for a caller and stores its hash. The text is to be shown once.
///
/// # Errors
/// [`MakeKeyError`].
pub async fn make(ledger: &Ledger, caller: &Caller, at: Timestamp) -> Result<NewKey, MakeKeyError> {
    let key = NewKey::make()?;
    let (kind, name) = match caller {
        Caller::Administrator => (KeyKind::Admin, None),
        Caller::Tenant(tenant) => (KeyKind::Tenant, Some(tenant.to_string())),
        Caller::Service(service) => (KeyKind::Service, Some(service.clone())),
    };
    let label = key.text.chars().take(PREFIX.len() + 8).collect();
    let secret_hash = hex::encode(key.secret_hash);
    let row = ApiKey { id: key.id, kind, name, secret_hash, label, created_at: at, revoked_at: None };
    api_keys::insert(ledger, &row).await?;
    Ok(key)
}

/// Why a key could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeKeyError {
    /// The system has no randomness.
    #[error("the system has no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The key could not be stored.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
