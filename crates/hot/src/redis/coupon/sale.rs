//! The state of one campaign in this process: its latest durable mark, its local answers, and whether Redis answers.

use crate::frozen::{Asker, Frozen};
use crate::port::{HotError, SaleCounts};
use crate::redis::activity::{Attention, UNASKED_MS};
use crate::redis::client::uptime_ms;
use crate::redis::names::SaleKeys;
use arc_swap::ArcSwapOption;
use domain::breaker::{Breaker, BreakerRule};
use domain::coupon::issue::IssueOutcome;
use domain::{CampaignId, Timestamp};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A campaign's shard counts as failed after this many failures in a row, and is tried again at this interval.
const BREAKER: BreakerRule = BreakerRule { failures_max: 3, open_ms: 500 };

/// An empty outbox of a campaign that is asked for is not read again for this long, unless this process knows that a decision
/// wrote into it.
const OUTBOX_QUIET_MS: i64 = 300;
/// The same in a process that hears of the decisions of others: only a decider that died between its decision and its relay
/// is waited for.
const OUTBOX_QUIET_AS_NET_MS: i64 = 1_000;
/// A campaign without requests for this long is not held in memory.
const REQUESTED_LATELY_MS: i64 = 60_000;

/// A point in a campaign's history: the number of decisions within an epoch. Later marks are greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub epoch: i64,
    pub count: i64,
}

/// The winners of a frozen campaign, with the state for which they are valid.
#[derive(Debug)]
pub(super) struct LocalFrozen {
    pub frozen: Frozen,
    pub version: Version,
    /// The count of [wakes](Sale::wakes) before it was read. It is invalid after another wake.
    pub wakes: u64,
    /// It is invalid after this moment, unless a check has found it unchanged.
    pub fresh_until_ms: AtomicI64,
}

/// Changes with every change of the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub mark: Mark,
    pub revision: u64,
}

/// How much was given, and how many messages of it are on their way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub counts: SaleCounts,
    pub pending: u64,
    at_ms: i64,
}

#[derive(Debug)]
pub(super) struct Sale {
    pub id: CampaignId,
    pub keys: SaleKeys,
    pub frozen: ArcSwapOption<LocalFrozen>,
    /// The fence: the latest mark that is durable as the configuration demands. A Redis with an earlier mark has lost
    /// decisions.
    durable: Mutex<Mark>,
    breaker: Mutex<Breaker>,
    fenced: AtomicBool,
    wakes: AtomicU64,
    /// The time of the last request for a coupon.
    requested_at_ms: AtomicI64,
    /// Whether any server is asked for it.
    pub attention: Attention,
    /// The outbox was empty; it need not be read before this moment.
    outbox_quiet_until_ms: AtomicI64,
    /// How often the outbox was said to have messages.
    outbox_news: AtomicU64,
    counted: Mutex<Option<Counted>>,
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
            durable: Mutex::default(),
            breaker: Mutex::new(Breaker::new(BREAKER)),
            fenced: AtomicBool::new(false),
            wakes: AtomicU64::new(0),
            requested_at_ms: AtomicI64::new(-REQUESTED_LATELY_MS),
            attention: Attention::for_ms(0),
            outbox_quiet_until_ms: AtomicI64::new(0),
            outbox_news: AtomicU64::new(0),
            counted: Mutex::default(),
        }
    }

    /// The latest durable mark.
    pub fn durable(&self) -> Mark {
        *locked(&self.durable)
    }

    /// Records that all decisions up to a mark are durable.
    pub fn mark_durable(&self, mark: Mark) {
        let mut durable = locked(&self.durable);
        *durable = (*durable).max(mark);
    }

    /// Refuses a call to Redis while the breaker is open.
    pub fn enter(&self) -> Result<(), HotError> {
        if locked(&self.breaker).lets_through(uptime_ms()) {
            return Ok(());
        }
        Err(HotError::unavailable("Redis does not decide on this campaign right now"))
    }

    /// Records that Redis has replied.
    pub fn record_success(&self) {
        locked(&self.breaker).succeeded();
    }

    /// Records a failed call. Logs once when an outage begins.
    pub fn record_failure(&self, error: &HotError) {
        if locked(&self.breaker).failed(uptime_ms()) {
            tracing::error!(campaign = %self.id, %error, "no decisions on this campaign for now");
        }
    }

    pub fn breaker_is_open(&self) -> bool {
        locked(&self.breaker).is_open()
    }

    /// Redis has lost decisions: it has less than was promised. Logs once.
    pub fn fence(&self) {
        if !self.fenced.swap(true, Ordering::Relaxed) {
            tracing::error!(campaign = %self.id,
                "Redis has lost decisions; no decisions are made until they are restored (onsale reconcile --repair)");
        }
    }

    pub fn unfence(&self) {
        if self.fenced.swap(false, Ordering::Relaxed) {
            tracing::warn!(campaign = %self.id, "the campaign is complete again");
        }
    }

    pub fn is_fenced(&self) -> bool {
        self.fenced.load(Ordering::Relaxed)
    }

    /// Records a request for a coupon.
    pub fn record_request(&self) {
        let now_ms = uptime_ms();
        if now_ms - self.requested_at_ms.load(Ordering::Relaxed) > 1_000 {
            self.requested_at_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    /// Whether there was a request for a coupon lately.
    pub fn has_requests(&self) -> bool {
        uptime_ms() - self.requested_at_ms.load(Ordering::Relaxed) < REQUESTED_LATELY_MS
    }

    /// Another server, or this one, is asked for it.
    pub fn note_activity(&self) {
        self.attention.attract();
        self.read_outbox_soon();
    }

    /// Whether the outbox may hold messages that nobody has taken.
    pub fn may_have_messages(&self) -> bool {
        self.outbox_quiet_until_ms.load(Ordering::Relaxed) <= uptime_ms()
    }

    /// A look that begins after this finds what was written before it.
    pub fn read_outbox_soon(&self) {
        self.outbox_news.fetch_add(1, Ordering::SeqCst);
        self.outbox_quiet_until_ms.store(0, Ordering::SeqCst);
    }

    /// For [`Sale::outbox_was_empty`]; read before the look.
    pub fn outbox_news(&self) -> u64 {
        self.outbox_news.load(Ordering::SeqCst)
    }

    /// The outbox was empty, or another server relays it. It is read again soon where messages may come, else after a long
    /// time, and at once if there was news since `news`. `hears_news`: whether this process is told of messages that it is to
    /// relay.
    pub fn outbox_was_empty(&self, news: u64, hears_news: bool) {
        let quiet_ms = match (self.attention.is_active(), hears_news) {
            (true, true) => OUTBOX_QUIET_AS_NET_MS,
            (true, false) => OUTBOX_QUIET_MS,
            (false, _) => UNASKED_MS,
        };
        self.outbox_quiet_until_ms.store(uptime_ms() + quiet_ms, Ordering::SeqCst);
        if self.outbox_news() != news {
            self.outbox_quiet_until_ms.store(0, Ordering::SeqCst);
        }
    }

    /// The counts, where they cannot have changed since they were read.
    pub fn settled_counts(&self) -> Option<Counted> {
        let counted = *locked(&self.counted);
        let is_settled = |counted: &Counted| {
            let is_quiet = counted.pending == 0 && !self.attention.is_active();
            // Read after the last activity, and not too long ago.
            let read_for_ms = uptime_ms() - counted.at_ms;
            is_quiet && read_for_ms < UNASKED_MS && read_for_ms < -self.attention.left_ms()
        };
        counted.filter(is_settled)
    }

    pub fn note_counts(&self, counts: SaleCounts, pending: u64, at_ms: i64) -> Counted {
        *locked(&self.counted).insert(Counted { counts, pending, at_ms })
    }

    /// Invalidates the local answers of the campaign.
    pub fn wake(&self) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        if self.frozen.load().is_some() {
            self.frozen.store(None);
        }
    }

    /// The number of wakes. A reader that finds the same number before and after knows that its result is valid.
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
        let is_valid = local.wakes == self.wakes() && uptime_ms() <= local.fresh_until_ms.load(Ordering::Relaxed);
        if is_valid { local.frozen.answer(asker, now) } else { None }
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
    fn news_while_the_outbox_is_looked_at_makes_it_looked_at_again() {
        let sale = Sale::new(CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name")));
        let before = sale.outbox_news();
        sale.read_outbox_soon();
        sale.outbox_was_empty(before, true);
        assert!(sale.may_have_messages(), "a decision was made after the look");
        sale.outbox_was_empty(sale.outbox_news(), true);
        assert!(!sale.may_have_messages());
    }

    #[test]
    fn a_state_read_before_a_change_is_not_answered_after_it() {
        let id = CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name"));
        let sale = Sale::new(id.clone());
        let asker = Asker { user: "ann", admitted: false, key_use: KeyUse::Fresh, earlier: None };
        let answer_of_state_read_at = |wakes| {
            let frozen =
                Frozen { campaign: Arc::new(campaign(&id)), remaining: 3, winners: Arc::new(Winners::default()) };
            let version = Version { mark: Mark::default(), revision: 1 };
            sale.freeze(LocalFrozen { frozen, version, wakes, fresh_until_ms: AtomicI64::new(i64::MAX) });
            sale.answer(&asker, Timestamp(0))
        };
        let read_at = sale.wakes();
        assert!(matches!(answer_of_state_read_at(read_at), Some(IssueOutcome::Paused { remaining: 3 })));
        sale.wake();
        assert!(sale.answer(&asker, Timestamp(0)).is_none());
        assert!(answer_of_state_read_at(read_at).is_none(), "the campaign changed while it was read");
        assert!(answer_of_state_read_at(sale.wakes()).is_some());
    }
}
