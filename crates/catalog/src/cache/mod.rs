//! Answers that many people ask for, made once (EVT-017, EVT-019, EVT-021, EVT-024).
//!
//! Each answer has a *name*; a name has a *version* in hot state, a random value. An answer is kept with the version that stood
//! before it was read from the tables, in hot state for all instances and in this process as bytes. It counts only while its
//! version is the one that stands:
//!
//! ```text
//! reader:  version? -- the same as of my copy --> copy          (one look serves all readers that came before it began)
//!                   -- another --> value in hot state with this version? --> it
//!                                  else claim cache:lock:<name>: one loader over all instances; the others wait, then load
//! change:  version := "being changed" --> transaction --> version := new value --> the change is answered
//! ```
//!
//! - A change that was answered is seen by every reader: its version stood before the answer, and each reader looks at the
//!   version after it was asked. So a copy in the process may live as long as it likes, and a late write of an old loader has
//!   an old version.
//! - While a version says "being changed" nobody keeps anything. That mark lives longer than any answer, so a process that
//!   dies between the transaction and the new version leaves no old answer behind.
//! - A change is not begun while its versions cannot be written: with hot state away it is answered 503.
//! - With hot state away readers get what the tables say, one load at a time for each name.
//! - What messages tell (a seat was sold) is seen within a second: [`Cache::renew_soon`].
//! - An answer ends by itself when time alone changes it, such as at the opening of a sale.

mod entry;
mod name;
mod value;

use entry::{Entries, Slot};
use hot::{HotError, KeyPort};
pub use name::Name;
use onsale_http::ApiError;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use uuid::Uuid;
pub use value::{Document, Loaded};
use value::{Stored, Version};

/// How long one loader may take before another may begin.
const LOCK_MS: u64 = 10_000;
/// Longest wait for a loader elsewhere; then a reader loads by itself.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// Between two looks for what a loader elsewhere has stored.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Versions outlive answers by this.
const MARGIN_MS: u64 = 3_600_000;
/// Tries to write a new version before the background takes over.
const RENEWALS: u32 = 3;
/// The wait between them, and between two renewals of one name for messages.
const RENEWAL_PAUSE: Duration = Duration::from_millis(100);
const RENEWED_EVERY: Duration = Duration::from_secs(1);

/// Answers that are made once. Cheap to clone.
#[derive(Clone)]
pub struct Cache(Arc<Parts>);

struct Parts {
    keys: Arc<dyn KeyPort>,
    /// The longest life of an answer.
    life_max_ms: u64,
    entries: Entries,
    /// Names whose versions must still be renewed.
    soon: Mutex<BTreeSet<Name>>,
    wake: Notify,
}

impl Cache {
    /// Answers in this hot state, none of which lives longer than `life_max_ms`.
    pub fn new(keys: Arc<dyn KeyPort>, life_max_ms: u64) -> Self {
        let (entries, soon) = (Entries::default(), Mutex::default());
        Self(Arc::new(Parts { keys, life_max_ms, entries, soon, wake: Notify::new() }))
    }

    /// The answer of this name. `load` makes it from the tables when nobody has it.
    ///
    /// # Errors
    /// Those of `load`.
    pub async fn read<F, L>(&self, name: &Name, load: L) -> Result<Document, ApiError>
    where
        F: Future<Output = Result<Loaded, ApiError>> + Send + 'static,
        L: Fn() -> F + Send + Sync,
    {
        let entry = self.0.entries.of(name);
        let begun = entry.begun.load(Ordering::SeqCst);
        let mut slot = entry.slot.lock().await;
        if let Some(outcome) = slot.outcome_after(begun) {
            metrics::counter!("onsale_catalog_cache_total", "outcome" => "shared").increment(1);
            return outcome;
        }
        slot.number = entry.begun.fetch_add(1, Ordering::SeqCst) + 1;
        slot.outcome = None;
        let outcome = self.look(name, &mut slot, load).await;
        slot.outcome = Some(outcome.clone());
        outcome
    }

    async fn look<F, L>(&self, name: &Name, slot: &mut Slot, load: L) -> Result<Document, ApiError>
    where
        F: Future<Output = Result<Loaded, ApiError>> + Send + 'static,
        L: Fn() -> F + Send + Sync,
    {
        let counted =
            |outcome: &'static str| metrics::counter!("onsale_catalog_cache_total", "outcome" => outcome).increment(1);
        let with_value = slot.kept.is_none();
        let (version, stored) = match self.look_in_hot_state(name, with_value).await {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(%error, "hot state has no answers now; the tables are read");
                counted("unshared");
                slot.kept = None;
                return load().await.map(Loaded::into_document);
            }
        };
        let Some(version) = version.clean() else {
            counted("unshared");
            slot.kept = None;
            return load().await.map(Loaded::into_document);
        };
        if let Some(kept) = slot.kept.as_ref().filter(|kept| kept.counts(version, clock::now())) {
            counted("kept");
            return Ok(kept.document.clone());
        }
        let stored = match stored {
            None if !with_value => self.look_in_hot_state(name, true).await.ok().and_then(|(_, stored)| stored),
            stored => stored,
        };
        if let Some(stored) = stored.filter(|stored| stored.counts(version, clock::now())) {
            counted("stored");
            slot.kept = Some(stored.clone());
            return Ok(stored.document);
        }
        counted("loaded");
        let stored = self.load_once(name, version, load).await?;
        let document = stored.document.clone();
        slot.kept = (stored.version != Uuid::nil()).then_some(stored);
        Ok(document)
    }

    /// Loads, unless another process does: then waits for what that one stores.
    async fn load_once<F, L>(&self, name: &Name, version: Uuid, load: L) -> Result<Stored, ApiError>
    where
        F: Future<Output = Result<Loaded, ApiError>> + Send + 'static,
        L: Fn() -> F + Send + Sync,
    {
        let mut version = version;
        let until = Instant::now() + WAIT_MAX;
        let (lock, own) = (name.lock_key(), Uuid::new_v4());
        loop {
            let claim = vec![(lock.clone(), own.into_bytes().to_vec())];
            let is_ours = match self.0.keys.claim(claim, LOCK_MS, clock::now()).await {
                Ok(claimed) => claimed.first().copied().unwrap_or(false),
                Err(_) => return load().await.map(Stored::unshared),
            };
            // Another loader may have stored it since the last look.
            let Ok((now_version, stored)) = self.look_in_hot_state(name, true).await else {
                return load().await.map(Stored::unshared);
            };
            let Some(clean) = now_version.clean() else { return load().await.map(Stored::unshared) };
            version = if clean == version { version } else { clean };
            if let Some(stored) = stored.filter(|stored| stored.counts(version, clock::now())) {
                if is_ours {
                    self.unlock(lock).await;
                }
                return Ok(stored);
            }
            if is_ours {
                return self.load_and_store(name, version, load()).await;
            }
            if Instant::now() >= until {
                return load().await.map(Stored::unshared);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Runs on a task of its own: a reader that goes away must not leave others waiting for its load.
    async fn load_and_store(
        &self,
        name: &Name,
        version: Uuid,
        load: impl Future<Output = Result<Loaded, ApiError>> + Send + 'static,
    ) -> Result<Stored, ApiError> {
        let (cache, name) = (self.clone(), name.clone());
        let work = async move {
            let begun_at = clock::now();
            let loaded = load.await;
            let outcome = match loaded {
                Ok(Loaded { life_ms: 0, bytes, etag }) => Ok(Stored::unshared(Loaded { life_ms: 0, bytes, etag })),
                Ok(loaded) => {
                    let life_ms = loaded.life_ms.min(cache.0.life_max_ms);
                    let stored = Stored::new(version, begun_at, life_ms, loaded);
                    let entry = vec![(name.value_key(), stored.to_bytes())];
                    // Not stored: the next reader loads again.
                    if let Err(error) = cache.0.keys.put(entry, life_ms, clock::now()).await {
                        tracing::debug!(%error, "an answer could not be kept for others");
                    }
                    Ok(stored)
                }
                Err(error) => Err(error),
            };
            cache.unlock(name.lock_key()).await;
            outcome
        };
        tokio::spawn(work).await.map_err(ApiError::internal)?
    }

    async fn unlock(&self, lock: String) {
        if let Err(error) = self.0.keys.remove(&[lock]).await {
            tracing::debug!(%error, "a claim to load could not be given back; it ends by itself");
        }
    }

    /// The version of a name, made where there is none, and the stored answer.
    async fn look_in_hot_state(&self, name: &Name, with_value: bool) -> Result<(Version, Option<Stored>), HotError> {
        let (now, key) = (clock::now(), name.version_key());
        let mut names = vec![key.clone()];
        names.extend(with_value.then(|| name.value_key()));
        let mut found = self.0.keys.get(&names, now).await?.into_iter();
        let (version, value) = (found.next().flatten(), found.next().flatten());
        let value = value.and_then(Stored::from_bytes);
        if let Some(version) = version {
            return Ok((Version::of(&version), value));
        }
        let fresh = vec![(key.clone(), Uuid::new_v4().into_bytes().to_vec())];
        self.0.keys.claim(fresh, self.version_life_ms(), now).await?;
        let version = self.0.keys.get(&[key], now).await?.into_iter().next().flatten();
        // What was stored belongs to a version that is gone.
        Ok((version.map_or(Version::BeingChanged, |version| Version::of(&version)), None))
    }

    fn version_life_ms(&self) -> u64 {
        self.0.life_max_ms.saturating_mul(2).saturating_add(MARGIN_MS)
    }

    /// Carries out a change of what these names show: before it nobody keeps their answers any more, after it everybody reads
    /// them anew. Run it on a task of its own, so that it is not cut off in between.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when the versions cannot be written: nothing was changed. Those of `work`.
    pub async fn changing<T>(
        &self,
        names: Vec<Name>,
        work: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        let marks = names.iter().map(|name| (name.version_key(), Version::MARK.to_vec())).collect();
        let life_ms = self.0.life_max_ms.saturating_add(MARGIN_MS);
        self.0.keys.put(marks, life_ms, clock::now()).await?;
        let outcome = work.await;
        self.renew(names).await;
        outcome
    }

    /// Gives these names new versions now. Where hot state is away the background goes on trying; the marks stand until then.
    pub async fn renew(&self, names: Vec<Name>) {
        for attempt in 0..RENEWALS {
            if attempt > 0 {
                tokio::time::sleep(RENEWAL_PAUSE).await;
            }
            let fresh = names.iter().map(|name| (name.version_key(), Uuid::new_v4().into_bytes().to_vec())).collect();
            match self.0.keys.put(fresh, self.version_life_ms(), clock::now()).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "answers could not be dropped from hot state yet"),
            }
        }
        self.renew_soon(names);
    }

    /// Gives these names new versions at once or within a second: at most once a second each, however many messages come.
    pub fn renew_soon(&self, names: impl IntoIterator<Item = Name>) {
        self.0.soon.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
        self.0.wake.notify_one();
    }

    /// Renews what [`Cache::renew_soon`] was told, and forgets copies that nobody asks for; until the process ends.
    pub async fn run(self) {
        loop {
            let woken = tokio::time::timeout(RENEWED_EVERY, self.0.wake.notified()).await;
            if woken.is_ok() {
                self.renew_told().await;
                tokio::time::sleep(RENEWED_EVERY).await;
            }
            self.0.entries.forget_idle();
        }
    }

    /// Renews now what [`Cache::renew_soon`] was told.
    pub async fn renew_told(&self) {
        let told = std::mem::take(&mut *self.0.soon.lock().unwrap_or_else(PoisonError::into_inner));
        if !told.is_empty() {
            self.renew(told.into_iter().collect()).await;
        }
    }
}
