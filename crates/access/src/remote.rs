//! Keys checked by the coupon role, for roles without a database (`POST /internal/keys/check`).
//!
//! An answer counts for two seconds. While no coupon server answers, a key that was in force lately counts for ten
//! minutes, so that an operator can still pause a line.

use crate::client::{ClientError, client};
use crate::internal::INTERNAL_KEY_HEADER;
use crate::keys::{Caller, Holder, KeysUnavailable, parts};
use domain::{KeyId, TenantName};
use reqwest::{Client, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Where the coupon role checks keys.
pub const PATH: &str = "/internal/keys/check";
/// An answer counts for so long.
const FRESH: Duration = Duration::from_secs(2);
/// A key that was in force counts for so long while no coupon server answers.
const KEPT: Duration = Duration::from_secs(600);
/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Keys remembered at once.
const KEYS_MAX: usize = 10_000;

/// The question: whose key is this?
#[derive(Debug, Serialize, Deserialize)]
pub struct KeyCheck {
    /// As shown in `X-Api-Key`.
    pub key: String,
    /// The address from which the caller comes, or its network in the form of `192.0.2.0/24`. Without it a key that may be
    /// used from some networks only is not in force.
    #[serde(default)]
    pub network: Option<String>,
}

/// The answer for a key in force; 404 for any other.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyHolder {
    /// The key's id.
    pub id: KeyId,
    /// `admin`, `tenant`, `service` or `door`.
    pub kind: String,
    /// The tenant of a tenant's key.
    pub tenant: Option<String>,
    /// What the key may be used for.
    pub scopes: Vec<String>,
    /// The schedule of a door's key; none for all schedules.
    pub schedule_id: Option<Uuid>,
}

impl KeyHolder {
    /// The holder as it is sent.
    pub fn of(holder: &Holder) -> Self {
        let (kind, tenant, schedule_id) = match &holder.caller {
            Caller::Administrator => ("admin", None, None),
            Caller::Tenant(tenant) => ("tenant", Some(tenant.to_string()), None),
            Caller::Service(_) => ("service", None, None),
            Caller::Door(schedule) => ("door", None, *schedule),
        };
        let scopes = holder.scopes.names().into_iter().map(str::to_owned).collect();
        Self { id: holder.id, kind: kind.to_owned(), tenant, scopes, schedule_id }
    }

    /// `None` for a kind that this version does not know, and for a service: its keys open no route of people.
    fn holder(&self) -> Option<Holder> {
        let caller = match (self.kind.as_str(), &self.tenant) {
            ("admin", _) => Caller::Administrator,
            ("tenant", Some(tenant)) => Caller::Tenant(TenantName::stored(tenant).ok()?),
            ("door", _) => Caller::Door(self.schedule_id),
            _ => return None,
        };
        // A scope that this version does not know opens nothing here.
        let scopes = self.scopes.iter().filter_map(|name| name.parse().ok()).collect();
        // The coupon role has compared networks and end.
        Some(Holder { id: self.id, caller, scopes, networks: Vec::new(), expires_at: None })
    }
}

/// What was answered about a key that was shown from one address.
#[derive(Clone)]
struct Answer {
    holder: Option<Arc<Holder>>,
    at: Instant,
}

/// The keys in force, asked for one by one. Keys are remembered by their hash.
pub struct RemoteKeys {
    client: Client,
    urls: Vec<String>,
    /// The server that answered last.
    at: AtomicUsize,
    service_key: String,
    answers: Mutex<HashMap<Question, Answer>>,
}

impl RemoteKeys {
    /// Asks coupon servers at these addresses (`http://host:port` or `https://host:port`, with commas between them) with
    /// this internal key. `authorities`: see [`client`].
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(urls: &str, service_key: String, authorities: Option<&Path>) -> Result<Self, ClientError> {
        let client = client(TIMEOUT, authorities)?;
        let urls = urls.split(',').map(|url| url.trim().trim_end_matches('/').to_owned()).collect();
        Ok(Self { client, urls, at: AtomicUsize::new(0), service_key, answers: Mutex::default() })
    }

    /// The holder of this key, if that was answered a moment ago. `from`: the caller's address.
    pub fn holder(&self, key: &[u8], from: Option<IpAddr>) -> Option<Arc<Holder>> {
        self.remembered(&Question::new(key, from), FRESH)?.holder
    }

    /// The holder of this key; `None` for a key that is not in force for this caller.
    ///
    /// # Errors
    /// [`KeysUnavailable`]: no coupon server answers, and the key was not seen lately.
    pub async fn holder_fresh(&self, key: &[u8], from: Option<IpAddr>) -> Result<Option<Arc<Holder>>, KeysUnavailable> {
        let question = Question::new(key, from);
        if let Some(answer) = self.remembered(&question, FRESH) {
            return Ok(answer.holder);
        }
        // A key of the wrong form costs the coupon role no call.
        let (Some(_), Ok(text)) = (parts(key), std::str::from_utf8(key)) else { return Ok(None) };
        match self.ask(&KeyCheck { key: text.to_owned(), network: from.map(|from| from.to_string()) }).await {
            Ok(holder) => {
                let holder = holder.map(Arc::new);
                self.remember(question, holder.clone());
                Ok(holder)
            }
            Err(error) => match self.remembered(&question, KEPT).and_then(|answer| answer.holder) {
                Some(holder) => Ok(Some(holder)),
                None => Err(error),
            },
        }
    }

    /// Asks the server that answered last, then the others in turn.
    async fn ask(&self, check: &KeyCheck) -> Result<Option<Holder>, KeysUnavailable> {
        let first = self.at.load(Ordering::Relaxed);
        let mut last_error = None;
        for at in first..first + self.urls.len() {
            match self.ask_at(&self.urls[at % self.urls.len()], check).await {
                Ok(holder) => {
                    self.at.store(at % self.urls.len(), Ordering::Relaxed);
                    return Ok(holder);
                }
                Err(error) => last_error = Some(error),
            }
        }
        let error = last_error.map_or_else(|| "no coupon server is configured".to_owned(), |error| error.to_string());
        tracing::warn!(error, "keys cannot be checked; see internal.url.coupon and internal.key.queue");
        Err(KeysUnavailable)
    }

    async fn ask_at(&self, url: &str, check: &KeyCheck) -> Result<Option<Holder>, reqwest::Error> {
        let request = self.client.post(format!("{url}{PATH}")).header(INTERNAL_KEY_HEADER, &self.service_key);
        let reply = request.json(check).send().await?;
        if reply.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(reply.error_for_status()?.json::<KeyHolder>().await?.holder())
    }

    fn remembered(&self, question: &Question, life: Duration) -> Option<Answer> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(question).filter(|answer| answer.at.elapsed() < life).cloned()
    }

    fn remember(&self, question: Question, holder: Option<Arc<Holder>>) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= KEYS_MAX {
            // Keys that are not in force are anyone's to invent: they go first.
            answers.retain(|_, answer| answer.holder.is_some() && answer.at.elapsed() < KEPT);
        }
        if answers.len() < KEYS_MAX {
            answers.insert(question, Answer { holder, at: Instant::now() });
        }
    }
}

/// A key, by its hash, and the address from which it is shown: an answer holds for both together.
#[derive(PartialEq, Eq, Hash)]
struct Question([u8; 32], Option<IpAddr>);

impl Question {
    fn new(key: &[u8], from: Option<IpAddr>) -> Self {
        Self(Sha256::digest(key).into(), from)
    }
}
