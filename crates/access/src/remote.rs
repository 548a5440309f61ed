//! Keys checked by the coupon role, for roles without a database (`POST /internal/keys/check`).
//!
//! An answer counts for two seconds. While no coupon server answers, a key that was in force lately counts for ten
//! minutes, so that an operator can still pause a line.

use crate::internal::INTERNAL_KEY_HEADER;
use crate::keys::{Caller, KeysUnavailable, parts};
use domain::TenantName;
use reqwest::{Client, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

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
}

/// The answer for a key in force; 404 for any other.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeyHolder {
    /// `admin`, `tenant` or `service`.
    pub kind: String,
    /// The tenant of a tenant's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

impl KeyHolder {
    /// The holder as it is sent.
    pub fn of(caller: &Caller) -> Self {
        let (kind, tenant) = match caller {
            Caller::Administrator => ("admin", None),
            Caller::Tenant(tenant) => ("tenant", Some(tenant.to_string())),
            Caller::Service(_) => ("service", None),
        };
        Self { kind: kind.to_owned(), tenant }
    }

    /// `None` for a kind that this version does not know, and for a service: its keys open no route of people.
    fn caller(&self) -> Option<Caller> {
        match (self.kind.as_str(), &self.tenant) {
            ("admin", _) => Some(Caller::Administrator),
            ("tenant", Some(tenant)) => TenantName::stored(tenant).ok().map(Caller::Tenant),
            _ => None,
        }
    }
}

/// What was answered about a key.
#[derive(Clone)]
struct Answer {
    caller: Option<Caller>,
    at: Instant,
}

/// The keys in force, asked for one by one. Keys are remembered by their hash.
pub struct RemoteKeys {
    client: Client,
    urls: Vec<String>,
    /// The server that answered last.
    at: AtomicUsize,
    service_key: String,
    answers: Mutex<HashMap<[u8; 32], Answer>>,
}

impl RemoteKeys {
    /// Asks coupon servers at these addresses (`http://host:port`, with commas between them) with this internal key.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(urls: &str, service_key: String) -> Result<Self, reqwest::Error> {
        let client = Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        let urls = urls.split(',').map(|url| url.trim().trim_end_matches('/').to_owned()).collect();
        Ok(Self { client, urls, at: AtomicUsize::new(0), service_key, answers: Mutex::default() })
    }

    /// The holder of this key, if that was answered a moment ago.
    pub fn caller(&self, key: &[u8]) -> Option<Caller> {
        self.remembered(key, FRESH)?.caller
    }

    /// The holder of this key; `None` for a key that is not in force.
    ///
    /// # Errors
    /// [`KeysUnavailable`]: no coupon server answers, and the key was not seen lately.
    pub async fn caller_fresh(&self, key: &[u8]) -> Result<Option<Caller>, KeysUnavailable> {
        if let Some(answer) = self.remembered(key, FRESH) {
            return Ok(answer.caller);
        }
        // A key of the wrong form costs the coupon role no call.
        let (Some(_), Ok(text)) = (parts(key), std::str::from_utf8(key)) else { return Ok(None) };
        match self.ask(text).await {
            Ok(caller) => {
                self.remember(key, caller.clone());
                Ok(caller)
            }
            Err(error) => match self.remembered(key, KEPT).and_then(|answer| answer.caller) {
                Some(caller) => Ok(Some(caller)),
                None => Err(error),
            },
        }
    }

    /// Asks the server that answered last, then the others in turn.
    async fn ask(&self, key: &str) -> Result<Option<Caller>, KeysUnavailable> {
        let first = self.at.load(Ordering::Relaxed);
        let mut last_error = None;
        for at in first..first + self.urls.len() {
            match self.ask_at(&self.urls[at % self.urls.len()], key).await {
                Ok(caller) => {
                    self.at.store(at % self.urls.len(), Ordering::Relaxed);
                    return Ok(caller);
                }
                Err(error) => last_error = Some(error),
            }
        }
        let error = last_error.map_or_else(|| "no coupon server is configured".to_owned(), |error| error.to_string());
        tracing::warn!(error, "keys cannot be checked; see internal.url.coupon and internal.key.queue");
        Err(KeysUnavailable)
    }

    async fn ask_at(&self, url: &str, key: &str) -> Result<Option<Caller>, reqwest::Error> {
        let question = KeyCheck { key: key.to_owned() };
        let request = self.client.post(format!("{url}{PATH}")).header(INTERNAL_KEY_HEADER, &self.service_key);
        let reply = request.json(&question).send().await?;
        if reply.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(reply.error_for_status()?.json::<KeyHolder>().await?.caller())
    }

    fn remembered(&self, key: &[u8], life: Duration) -> Option<Answer> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(&hash(key)).filter(|answer| answer.at.elapsed() < life).cloned()
    }

    fn remember(&self, key: &[u8], caller: Option<Caller>) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= KEYS_MAX {
            // Keys that are not in force are anyone's to invent: they go first.
            answers.retain(|_, answer| answer.caller.is_some() && answer.at.elapsed() < KEPT);
        }
        if answers.len() < KEYS_MAX {
            answers.insert(hash(key), Answer { caller, at: Instant::now() });
        }
    }
}

fn hash(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}
