//! Campaigns by name, for readers that must neither lock nor allocate.

use arc_swap::ArcSwap;
use domain::CampaignId;
use hashbrown::{Equivalent, HashMap};
use std::sync::Arc;

/// One thing a campaign. Reading costs no lock; adding copies the table, which campaigns are few enough for.
#[derive(Debug)]
pub(crate) struct Registry<T>(ArcSwap<HashMap<CampaignId, Arc<T>>>);

/// A campaign's name by reference; hashes as [`CampaignId`] does.
#[derive(Hash)]
struct NameOf<'a> {
    tenant: &'a str,
    event: &'a str,
}

impl Equivalent<CampaignId> for NameOf<'_> {
    fn equivalent(&self, id: &CampaignId) -> bool {
        self.event == id.event.as_str() && self.tenant == id.tenant.as_str()
    }
}

impl<T> Registry<T> {
    pub fn new() -> Self {
        Self(ArcSwap::from_pointee(HashMap::new()))
    }

    pub fn get(&self, id: &CampaignId) -> Option<Arc<T>> {
        self.0.load().get(id).cloned()
    }

    /// Lets `read` see what is known under a name.
    pub fn with<R>(&self, tenant: &str, event: &str, read: impl FnOnce(Option<&T>) -> R) -> R {
        let all = self.0.load();
        read(all.get(&NameOf { tenant, event }).map(Arc::as_ref))
    }

    /// Adds one, unless there is one already: then that one.
    pub fn add(&self, id: &CampaignId, make: impl Fn() -> T) -> Arc<T> {
        self.0.rcu(|all| {
            let mut all = HashMap::clone(all);
            all.entry_ref(id).or_insert_with(|| Arc::new(make()));
            all
        });
        self.get(id).unwrap_or_else(|| Arc::new(make()))
    }

    /// Takes one away.
    pub fn remove(&self, id: &CampaignId) {
        if self.0.load().contains_key(id) {
            self.0.rcu(|all| {
                let mut all = HashMap::clone(all);
                all.remove(id);
                all
            });
        }
    }

    /// Puts all there at once; what was there is gone.
    pub fn replace(&self, all: impl IntoIterator<Item = (CampaignId, Arc<T>)>) {
        self.0.store(Arc::new(all.into_iter().collect()));
    }

    /// Everything, in no order.
    pub fn all(&self) -> Vec<(CampaignId, Arc<T>)> {
        self.0.load().iter().map(|(id, one)| (id.clone(), one.clone())).collect()
    }

    /// Every name, in order.
    pub fn ids(&self) -> Vec<CampaignId> {
        let mut ids: Vec<_> = self.0.load().keys().cloned().collect();
        ids.sort_unstable();
        ids
    }
}
