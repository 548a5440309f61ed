//! One campaign as this process knows it: what it has seen kept, what it may answer by itself, whether Redis answers.

use crate::frozen::{Asker, Frozen};
use crate::port::HotError;
use crate::redis::client::uptime_ms;
use crate::redis::names::SaleKeys;
use arc_swap::ArcSwapOption;
use domain::breaker::{Breaker, BreakerRule};
use domain::coupon::issue::IssueOutcome;
use domain::{CampaignId, Timestamp};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An outage is one when a campaign's shard has failed so often in a row; it is asked again so often.
const BREAKER: BreakerRule = BreakerRule { failures_max: 3, open_ms: 500 };

/// A campaign without requests for this long is not kept in memory.
const ASKED_LATELY_MS: i64 = 60_000;

/// How far a campaign had come: decisions counted within an epoch. Later is greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub epoch: i64,
    pub count: i64,
}

/// Winners of a frozen campaign, and what they were true for.
#[derive(Debug)]
pub(super) struct LocalFrozen {
    pub frozen: Frozen,
    pub version: Version,
    /// The [wakes](Sale::wakes) before it was read: not answered from after another.
    pub wakes: u64,
    /// Not answered from after this moment, unless it was found unchanged again.
    pub fresh_until_ms: AtomicI64,
}

/// Changes whenever anything does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub mark: Mark,
    pub revision: u64,
}

#[derive(Debug)]
pub(super) struct Sale {
    pub id: CampaignId,
    pub keys: SaleKeys,
    pub frozen: ArcSwapOption<LocalFrozen>,
    /// The latest mark that is durable as the configuration wants it: the fence. A Redis that has less has lost decisions.
    kept: Mutex<Mark>,
    breaker: Mutex<Breaker>,
    fenced: AtomicBool,
    wakes: AtomicU64,
    /// The time of the last request for a coupon.
    asked_at_ms: AtomicI64,
    /// The outbox was empty; it need not be read before this moment.
    pub outbox_quiet_until_ms: AtomicI64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sale {
    pub fn new(id: CampaignId) -> Self {
        Self {
            keys: SaleKeys::new(&id),
            id,
            frozen: ArcSwapOption::empty(),
            kept: Mutex::default(),
            breaker: Mutex::new(Breaker::new(BREAKER)),
            fenced: AtomicBool::new(false),
            wakes: AtomicU64::new(0),
            asked_at_ms: AtomicI64::new(-ASKED_LATELY_MS),
            outbox_quiet_until_ms: AtomicI64::new(0),
        }
    }

    pub fn kept(&self) -> Mark {
        *locked(&self.kept)
    }

    /// Everything up to here is kept.
    pub fn keep(&self, mark: Mark) {
        let mut kept = locked(&self.kept);
        *kept = (*kept).max(mark);
    }

    /// Whether Redis may be asked now.
    pub fn enter(&self) -> Result<(), HotError> {
        if locked(&self.breaker).lets_through(uptime_ms()) {
            return Ok(());
        }
        Err(HotError::unavailable("Redis does not decide on this campaign right now"))
    }

    pub fn answered(&self) {
        locked(&self.breaker).succeeded();
    }

    /// Says once when it begins.
    pub fn failed(&self, error: &HotError) {
        if locked(&self.breaker).failed(uptime_ms()) {
            tracing::error!(campaign = %self.id, %error, "no decisions on this campaign for now");
        }
    }

    pub fn breaker_is_open(&self) -> bool {
        locked(&self.breaker).is_open()
    }

    /// Redis knows less than was promised. Says once when it begins.
    pub fn fence(&self) {
        if !self.fenced.swap(true, Ordering::Relaxed) {
            tracing::error!(campaign = %self.id,
                "Redis has lost decisions; nothing is decided until they are put back (onsale reconcile --repair)");
        }
    }

    pub fn unfence(&self) {
        if self.fenced.swap(false, Ordering::Relaxed) {
            tracing::warn!(campaign = %self.id, "the campaign is whole again");
        }
    }

    pub fn is_fenced(&self) -> bool {
        self.fenced.load(Ordering::Relaxed)
    }

    /// Records a request for a coupon.
    pub fn asked(&self) {
        let now_ms = uptime_ms();
        if now_ms - self.asked_at_ms.load(Ordering::Relaxed) > 1_000 {
            self.asked_at_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    /// Whether there was a request for a coupon lately.
    pub fn is_asked(&self) -> bool {
        uptime_ms() - self.asked_at_ms.load(Ordering::Relaxed) < ASKED_LATELY_MS
    }

    /// Invalidates what was known of the campaign.
    pub fn wake(&self) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        if self.frozen.load().is_some() {
            self.frozen.store(None);
        }
    }

    /// Counts the wakes: whoever looks before and after knows whether what it read in between is still true.
    pub fn wakes(&self) -> u64 {
        self.wakes.load(Ordering::SeqCst)
    }

    /// Answers from `local` from now on, unless something has changed since it was read.
    pub fn freeze(&self, local: LocalFrozen) {
        self.frozen.store(Some(Arc::new(local)));
    }

    /// The answer of a frozen campaign, unless it has not been checked for too long.
    pub fn answer(&self, asker: &Asker<'_>, now: Timestamp) -> Option<IssueOutcome> {
        let local = self.frozen.load();
        let local = local.as_ref()?;
        let is_true = local.wakes == self.wakes() && uptime_ms() <= local.fresh_until_ms.load(Ordering::Relaxed);
        if is_true { local.frozen.answer(asker, now) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::winners::Winners;
    use domain::coupon::campaign::Switches;
    use domain::coupon::issue::KeyUse;
    use domain::{Campaign, EventName, TenantName};

    fn campaign(id: &CampaignId) -> Campaign {
        Campaign {
            name: "Sale".into(),
            switches: Switches { opened: true, paused: true, closed: false },
            ..Campaign::new(id.clone(), 3)
        }
    }

    #[test]
    fn what_was_read_before_a_change_is_not_told_after_it() {
        let id = CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name"));
        let sale = Sale::new(id.clone());
        let asker = Asker { user: "ann", admitted: false, key_use: KeyUse::Fresh, earlier: None };
        let answer_of_what_was_read_at = |wakes| {
            let frozen =
                Frozen { campaign: Arc::new(campaign(&id)), remaining: 3, winners: Arc::new(Winners::default()) };
            let version = Version { mark: Mark::default(), revision: 1 };
            sale.freeze(LocalFrozen { frozen, version, wakes, fresh_until_ms: AtomicI64::new(i64::MAX) });
            sale.answer(&asker, Timestamp(0))
        };
        let read_at = sale.wakes();
        assert!(matches!(answer_of_what_was_read_at(read_at), Some(IssueOutcome::Paused { remaining: 3 })));
        sale.wake();
        assert!(sale.answer(&asker, Timestamp(0)).is_none());
        assert!(answer_of_what_was_read_at(read_at).is_none(), "it was being read when something changed");
        assert!(answer_of_what_was_read_at(sale.wakes()).is_some());
    }
}
