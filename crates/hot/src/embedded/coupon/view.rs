//! What every thread may read without asking the owner: counts, and the winners of frozen campaigns.

use super::sale::Sale;
use crate::frozen::{Asker, Frozen};
use crate::port::{LocalQuestion, SaleStatus};
use crate::registry::Registry;
use arc_swap::{ArcSwap, ArcSwapOption};
use domain::coupon::issue::{IdempotencyKey, IssueOutcome, KeyUse};
use domain::{Campaign, Coupon, Timestamp, UserId};
use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// One campaign as readers see it. Only durable decisions ever get here.
#[derive(Debug)]
pub(super) struct SaleView {
    place: u32,
    campaign: ArcSwap<Campaign>,
    remaining: AtomicU32,
    participants: AtomicU32,
    frozen: ArcSwapOption<Frozen>,
    /// When readers were shown something last.
    changed_at: ArcSwap<Instant>,
}

impl SaleView {
    pub fn new(place: u32, sale: &Sale, now: Timestamp) -> Self {
        let view = Self {
            place,
            campaign: ArcSwap::new(sale.campaign.clone()),
            remaining: AtomicU32::new(0),
            participants: AtomicU32::new(0),
            frozen: ArcSwapOption::empty(),
            changed_at: ArcSwap::from_pointee(Instant::now()),
        };
        view.publish(sale, now);
        view
    }

    /// Shows what is durable now.
    pub fn publish(&self, sale: &Sale, now: Timestamp) {
        self.campaign.store(sale.campaign.clone());
        self.remaining.store(sale.remaining(), Ordering::Release);
        self.participants.store(sale.winners.participants(), Ordering::Release);
        let frozen = (!sale.can_give(now)).then(|| {
            let (campaign, winners) = (sale.campaign.clone(), sale.winners.clone());
            Arc::new(Frozen { campaign, remaining: sale.remaining(), winners })
        });
        self.frozen.store(frozen);
        // Last: who has read something older than this asks for what has changed since a moment before it.
        self.changed_at.store(Arc::new(Instant::now()));
    }

    /// When readers were shown something last.
    pub fn changed_at(&self) -> Instant {
        **self.changed_at.load()
    }

    /// Sends everyone to the owner, who is about to change something.
    pub fn wake(&self) {
        if self.frozen.load().is_some() {
            self.frozen.store(None);
        }
    }

    pub fn campaign(&self) -> Arc<Campaign> {
        self.campaign.load_full()
    }

    pub fn status(&self, now: Timestamp) -> SaleStatus {
        let remaining = self.remaining.load(Ordering::Acquire);
        let participants = self.participants.load(Ordering::Acquire);
        SaleStatus { status: self.campaign.load().status(now, remaining), remaining, participants }
    }

    /// A user's coupons; `None` where the owner may be giving more.
    pub fn coupons_of(&self, user: &UserId) -> Option<(Arc<Campaign>, Vec<Coupon>)> {
        let frozen = self.frozen.load();
        let frozen = frozen.as_ref()?;
        let coupons = frozen.winners.of_user(user.as_str()).filter_map(super::coupon_of).collect();
        Some((frozen.campaign.clone(), coupons))
    }

    fn answer(&self, views: &Views, question: &LocalQuestion<'_>, now: Timestamp) -> Option<IssueOutcome> {
        let frozen = self.frozen.load();
        let frozen = frozen.as_ref()?;
        let mut asker =
            Asker { user: question.user, admitted: question.admitted, key_use: KeyUse::Fresh, earlier: None };
        if let Some(key) = question.key
            && let Some(earlier) = views.earlier(question.tenant, question.user, key)
        {
            // Another campaign's, or one that is not frozen yet: the owner knows for sure.
            let winner = (earlier.place == self.place).then(|| frozen.winners.get(earlier.row)).flatten()?;
            asker.key_use = KeyUse::SameRequest;
            asker.earlier = Some(winner.coupon);
        }
        frozen.answer(&asker, now)
    }
}

/// Which coupon an idempotency key led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EarlierYes {
    /// The campaign's place among the sales.
    pub place: u32,
    /// The coupon's row among its winners.
    pub row: u32,
}

/// A key means something for one user of one tenant only; 64 keyed bits stand for the two.
type KeyOfUser = (u64, IdempotencyKey);

/// Everything that readers share.
#[derive(Debug)]
pub(super) struct Views {
    sales: Registry<SaleView>,
    earlier: papaya::HashMap<KeyOfUser, EarlierYes>,
    hasher: DefaultHashBuilder,
}

impl Views {
    pub fn new() -> Self {
        Self { sales: Registry::new(), earlier: papaya::HashMap::new(), hasher: DefaultHashBuilder::default() }
    }

    /// The campaigns' views.
    pub fn sales(&self) -> &Registry<SaleView> {
        &self.sales
    }

    fn key_of_user(&self, tenant: &str, user: &str, key: IdempotencyKey) -> KeyOfUser {
        (self.hasher.hash_one((tenant, user)), key)
    }

    pub fn earlier(&self, tenant: &str, user: &str, key: IdempotencyKey) -> Option<EarlierYes> {
        self.earlier.pin().get(&self.key_of_user(tenant, user, key)).copied()
    }

    pub fn remember(&self, tenant: &str, user: &str, key: IdempotencyKey, yes: EarlierYes) {
        self.earlier.pin().insert(self.key_of_user(tenant, user, key), yes);
    }

    pub fn forget(&self, tenant: &str, user: &str, key: IdempotencyKey) {
        self.earlier.pin().remove(&self.key_of_user(tenant, user, key));
    }

    /// The answer where nothing can be given; see [`crate::CouponPort::answer_locally`].
    pub fn answer(&self, question: &LocalQuestion<'_>, now: Timestamp) -> Option<IssueOutcome> {
        self.sales.with(question.tenant, question.event, |view| match view {
            None => Some(IssueOutcome::NoCampaign),
            Some(view) => view.answer(self, question, now),
        })
    }
}
