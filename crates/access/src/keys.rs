//! API keys for calls by programs (GATE-009). Keys are stored hashed. The key itself is shown once.
//!
//! A key has the form `onsale_<id>_<secret>`. The id finds the row. The secret's hash is compared in constant time.

pub use crate::holder::{Caller, Holder};

use crate::rows::{self as api_keys, ApiKey, KeyKind};
use crate::usage::{self, Usage};
use arc_swap::ArcSwap;
use domain::{KeyId, Scope, TenantName};
use ledger::{Ledger, LedgerError};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use uuid::Uuid;

pub(crate) const PREFIX: &str = "onsale_";
pub(crate) const SECRET_BYTES: usize = 32;
/// Shortest time between two reads of the keys that unknown keys cause.
const REFRESH_EVERY_MIN: Duration = Duration::from_millis(500);

/// Keys cannot be looked up right now. The same call again may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("keys cannot be looked up")]
pub struct KeysUnavailable;

/// Splits a key into its id and its secret.
pub(crate) fn parts(text: &[u8]) -> Option<(KeyId, &[u8])> {
    let rest = text.strip_prefix(PREFIX.as_bytes())?;
    let (id, secret) = rest.split_at_checked(32)?;
    let secret = secret.strip_prefix(b"_").filter(|secret| secret.len() == SECRET_BYTES * 2)?;
    Some((KeyId(Uuid::try_parse_ascii(id).ok()?), secret))
}

struct KeyEntry {
    secret_hash: [u8; 32],
    holder: Arc<Holder>,
    usage: Arc<Usage>,
}

/// What is known about a key.
enum Look {
    /// It is in force for this caller.
    InForce(Arc<Holder>),
    /// It has expired, or the caller comes from elsewhere: reading the keys again would not help.
    Refused,
    /// There is no such key, as far as is known.
    Unknown,
}

/// The keys in force, in memory, so that a call with a key costs no query.
pub struct KeyRing {
    ledger: Ledger,
    entries: ArcSwap<HashMap<KeyId, KeyEntry>>,
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
        let before = self.entries.load();
        let usage = |id: KeyId| before.get(&id).map_or_else(Arc::default, |entry| entry.usage.clone());
        let entries = rows.into_iter().filter_map(|row| entry_of(row, &usage)).collect();
        self.entries.store(Arc::new(entries));
        Ok(())
    }

    /// Writes when keys were used last, where that is due: at most once a minute a key. Call it every few seconds.
    ///
    /// # Errors
    /// When the ledger does not take it; the next call tries again.
    pub async fn write_usage(&self) -> Result<(), LedgerError> {
        let all = self.entries.load().iter().map(|(id, entry)| (*id, entry.usage.clone())).collect();
        usage::write(&self.ledger, &all).await
    }

    /// The holder of this key; `None` for an unknown, expired, revoked or malformed one, and for a caller whose network is
    /// not among those of the key. `from`: the caller's address.
    pub fn holder(&self, text: &[u8], from: Option<IpAddr>) -> Option<Arc<Holder>> {
        match self.look(text, from) {
            Look::InForce(holder) => Some(holder),
            Look::Refused | Look::Unknown => None,
        }
    }

    /// Whether this is the key of a tenant or an administrator with this scope, from wherever it comes: enough to read the
    /// body of a call, which is checked with the caller's address then.
    pub fn may_call(&self, text: &[u8], scope: Scope) -> bool {
        let entries = self.entries.load();
        find(&entries, text).is_some_and(|entry| {
            entry.holder.scopes.has(scope) && matches!(entry.holder.caller, Caller::Administrator | Caller::Tenant(_))
        })
    }

    fn look(&self, text: &[u8], from: Option<IpAddr>) -> Look {
        let entries = self.entries.load();
        let Some(key) = find(&entries, text) else { return Look::Unknown };
        let now = clock::now();
        if !key.holder.is_in_force(from, now) {
            return Look::Refused;
        }
        key.usage.note(now);
        Look::InForce(key.holder.clone())
    }

    /// Like [`KeyRing::holder`], but reads the keys again before it returns `None` for an unknown one: the key may be new.
    /// Concurrent calls share one read, and reads are at least [`REFRESH_EVERY_MIN`] apart.
    pub async fn holder_fresh(&self, text: &[u8], from: Option<IpAddr>) -> Option<Arc<Holder>> {
        parts(text)?;
        match self.look(text, from) {
            Look::InForce(holder) => return Some(holder),
            Look::Refused => return None,
            Look::Unknown => {}
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
        self.holder(text, from)
    }
}

fn find<'a>(entries: &'a HashMap<KeyId, KeyEntry>, text: &[u8]) -> Option<&'a KeyEntry> {
    let (id, secret) = parts(text)?;
    let key = entries.get(&id)?;
    let offered: [u8; 32] = Sha256::digest(secret).into();
    bool::from(offered.ct_eq(&key.secret_hash)).then_some(key)
}

fn entry_of(row: ApiKey, usage: &impl Fn(KeyId) -> Arc<Usage>) -> Option<(KeyId, KeyEntry)> {
    let caller = match (row.kind, row.name) {
        (KeyKind::Admin, _) => Caller::Administrator,
        (KeyKind::Tenant, Some(name)) => Caller::Tenant(TenantName::stored(&name).ok()?),
        (KeyKind::Service, Some(name)) => Caller::Service(name),
        (KeyKind::Door, _) => Caller::Door(row.schedule_id),
        _ => return None,
    };
    let mut secret_hash = [0; 32];
    hex::decode_to_slice(&row.secret_hash, &mut secret_hash).ok()?;
    let holder = Holder { id: row.id, caller, scopes: row.scopes, networks: row.networks, expires_at: row.expires_at };
    Some((row.id, KeyEntry { secret_hash, holder: Arc::new(holder), usage: usage(row.id) }))
}
