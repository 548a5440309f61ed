//! The list of campaigns: a copy of what the ledger has, in one set of one slot, for servers that look for campaigns that
//! were deleted.
//!
//! No change of a campaign waits for it: its shard may be away while the campaign's own is well. What is to be written is
//! noted here and written beside the calls, again and again until it is; who reads the list gets what this process knows
//! with it.

use super::{Inner, asked, names};
use crate::port::HotError;
use crate::redis::reply::{Array, Reading};
use domain::CampaignId;
use redis::{Pipeline, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// What could not be written is tried again after this time.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
/// Longest wait of one who can do with what is known here.
const READ_TIMEOUT: Duration = Duration::from_millis(500);

/// What this process knows of the list.
#[derive(Default)]
pub(super) struct Listing {
    /// Campaigns that are to be in it (`true`), or no longer. At most one for each campaign.
    unwritten: Mutex<HashMap<CampaignId, bool>>,
    /// As it was read last.
    read: Mutex<BTreeSet<CampaignId>>,
    news: Arc<Notify>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listing {
    /// The campaign is to be in the list, or no longer.
    pub fn note(&self, id: &CampaignId, is_there: bool) {
        locked(&self.unwritten).insert(id.clone(), is_there);
        self.news.notify_one();
    }

    fn unwritten(&self) -> Vec<(CampaignId, bool)> {
        locked(&self.unwritten).iter().map(|(id, is_there)| (id.clone(), *is_there)).collect()
    }

    /// Unless another note came meanwhile.
    fn written(&self, notes: &[(CampaignId, bool)]) {
        let mut unwritten = locked(&self.unwritten);
        for (id, is_there) in notes {
            if unwritten.get(id) == Some(is_there) {
                unwritten.remove(id);
            }
        }
    }
}

fn commands(notes: &[(CampaignId, bool)]) -> Pipeline {
    let mut pipeline = redis::pipe();
    for (command, of_those) in [("SADD", true), ("SREM", false)] {
        let ids = notes.iter().filter(|(_, is_there)| *is_there == of_those);
        let names: Vec<String> = ids.map(|(id, _)| asked::name_of(id)).collect();
        if !names.is_empty() {
            pipeline.cmd(command).arg(names::CAMPAIGNS).arg(&names);
        }
    }
    pipeline
}

fn read_names(value: Value) -> Reading<Vec<String>> {
    let mut fields = match value {
        Value::Set(names) => Array::of(Value::Array(names))?,
        other => Array::of(other)?,
    };
    let mut names = Vec::with_capacity(fields.len());
    while fields.len() > 0 {
        names.push(fields.text()?);
    }
    Ok(names)
}

impl Inner {
    /// Writes what is noted until the engine is dropped.
    pub(super) async fn keep_list(inner: Weak<Self>) {
        loop {
            let Some(news) = inner.upgrade().map(|inner| inner.listing.news.clone()) else { return };
            // At once when there is something to write, and again while it is not written.
            let _ = tokio::time::timeout(AGAIN_AFTER, news.notified()).await;
            let Some(inner) = inner.upgrade() else { return };
            if let Err(error) = inner.write_list().await {
                tracing::debug!(%error, "the list of campaigns cannot be written now");
            }
        }
    }

    /// Writes what is noted.
    async fn write_list(&self) -> Result<(), HotError> {
        let notes = self.listing.unwritten();
        if notes.is_empty() {
            return Ok(());
        }
        self.connections.send(names::CAMPAIGNS, commands(&notes)).await?;
        self.listing.written(&notes);
        Ok(())
    }

    /// Every campaign in the list, and those that this process has brought to Redis.
    ///
    /// # Errors
    /// When the list cannot be read: other servers' campaigns may be missing then.
    pub(super) async fn listed(&self) -> Result<Vec<CampaignId>, HotError> {
        // A failure shows below, or does not matter: what is noted is added.
        let _ = self.write_list().await;
        let mut pipeline = redis::pipe();
        pipeline.cmd("SMEMBERS").arg(names::CAMPAIGNS);
        let values = self.connections.send(names::CAMPAIGNS, pipeline).await?;
        let mut ids = BTreeSet::new();
        for name in read_names(values.into_iter().next().unwrap_or(Value::Nil))? {
            ids.insert(name.parse().map_err(|error| HotError::unknown(format!("{name}: {error}")).because(error))?);
        }
        *locked(&self.listing.read) = ids;
        Ok(self.known())
    }

    /// The same as far as it is known: with the list as it was read last, where it cannot be read now.
    pub(super) async fn listed_or_known(&self) -> Vec<CampaignId> {
        match tokio::time::timeout(READ_TIMEOUT, self.listed()).await {
            Ok(Ok(ids)) => ids,
            _ => self.known(),
        }
    }

    fn known(&self) -> Vec<CampaignId> {
        let mut ids = locked(&self.listing.read).clone();
        ids.extend(self.sales.all().into_iter().map(|(id, _)| id));
        for (id, is_there) in self.listing.unwritten() {
            if is_there {
                ids.insert(id);
            } else {
                ids.remove(&id);
            }
        }
        ids.into_iter().collect()
    }
}
