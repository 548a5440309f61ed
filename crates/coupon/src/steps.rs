//! Steps in the life of a coupon (GATE-010): reserve, confirm, cancel, undo, revoke. Callers' steps are decided together, by
//! the rules of `domain::coupon::redemption`, in one transaction with their messages ([`ledger::group`]).

use crate::audit;
use crate::rows::coupons::{KeptCoupon, LockedCoupon, lock, store};
use crate::step_message;
use async_trait::async_trait;
use domain::coupon::redemption::{Refusal, Step, Use};
use domain::message::{Envelope, topic};
use domain::{CouponId, CouponStatus, TenantName, Terms, Timestamp};
use ledger::group::{Asked, Steps};
use ledger::{LedgerError, Transaction, outbox};
use std::collections::{BTreeSet, HashMap};

/// What a caller wants of a coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Reserve it for an order of `amount` won, for `hold_seconds`.
    Reserve {
        /// The order.
        order: String,
        /// The order's amount in won.
        amount: i64,
        /// How long the reservation stands.
        hold_seconds: i64,
    },
    /// Redeem it for the order that reserved it.
    Confirm {
        /// The order.
        order: String,
    },
    /// Release the order's reservation.
    Cancel {
        /// The order.
        order: String,
    },
    /// Give it back, since the order that redeemed it was cancelled.
    Undo {
        /// The order.
        order: String,
    },
    /// Take it from its holder.
    Revoke {
        /// Whether its serial is given again with another coupon.
        return_to_stock: bool,
    },
}

impl Wish {
    fn decide(&self, usage: &Use, terms: &Terms, now: Timestamp) -> Result<Step, Refusal> {
        match self {
            Self::Reserve { order, amount, hold_seconds } => usage.reserve(terms, order, *amount, now, *hold_seconds),
            Self::Confirm { order } => usage.confirm(order),
            Self::Cancel { order } => usage.cancel(order, now),
            Self::Undo { order } => usage.undo(order, now),
            Self::Revoke { .. } => usage.revoke(now),
        }
    }

    /// The order whose step it is.
    fn order(&self) -> Option<&str> {
        match self {
            Self::Reserve { order, .. } | Self::Confirm { order } | Self::Cancel { order } | Self::Undo { order } => {
                Some(order)
            }
            Self::Revoke { .. } => None,
        }
    }

    fn returns_to_stock(&self) -> bool {
        matches!(self, Self::Revoke { return_to_stock: true })
    }
}

/// One caller's step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponStep {
    /// The caller's tenant. Another tenant's coupon is not found.
    pub tenant: TenantName,
    /// The coupon.
    pub coupon: CouponId,
    /// What the caller wants.
    pub wish: Wish,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// There is no row of such a coupon of this tenant.
    NoCoupon,
    /// The rules refuse it. The order holds nothing of the coupon where it does not apply; else nothing has changed.
    Refused(Refusal),
    /// It is done, or had been done already: the coupon as it is stored, and its use as the rules show it.
    Done(Box<KeptCoupon>, Use),
}

/// Decides steps in the tables of coupons.
#[derive(Debug)]
pub struct CouponSteps;

#[async_trait]
impl Steps for CouponSteps {
    type Step = CouponStep;
    type Outcome = StepOutcome;

    const NAME: &'static str = "coupon";

    fn key(step: &CouponStep) -> u64 {
        let (high, low) = step.coupon.get().as_u64_pair();
        high ^ low
    }

    async fn decide(&self, change: &Transaction, steps: &[Asked<CouponStep>]) -> Result<Vec<StepOutcome>, LedgerError> {
        let ids: BTreeSet<CouponId> = steps.iter().map(|asked| asked.step.coupon).collect();
        let ids: Vec<CouponId> = ids.into_iter().collect();
        let coupons = lock(change, &ids).await?;
        let mut round = Round { coupons, effects: Vec::new(), released: BTreeSet::new(), now: clock::now() };
        let outcomes = steps.iter().map(|asked| round.decide(asked)).collect();
        round.store(change).await?;
        Ok(outcomes)
    }
}

/// A step that changes a coupon.
struct Effect<'a> {
    asked: &'a Asked<CouponStep>,
    before: CouponStatus,
    message: Option<Envelope>,
}

/// The steps of one transaction.
struct Round<'a> {
    coupons: HashMap<CouponId, LockedCoupon>,
    effects: Vec<Effect<'a>>,
    /// Coupons that an order has let go of by a refusal.
    released: BTreeSet<CouponId>,
    now: Timestamp,
}

/// A use as the caller sees it: a coupon that comes back after its end is expired, and another order's lapsed reservation is
/// none, which no row says.
fn shown(usage: Use, wish: &Wish, terms: &Terms, now: Timestamp) -> Use {
    let is_own = wish.order().is_some_and(|order| usage.is_for(order));
    match usage.status {
        CouponStatus::Reserved if is_own => usage,
        CouponStatus::Issued | CouponStatus::Reserved => Use { status: usage.status_at(terms, now), ..usage },
        _ => usage,
    }
}

impl<'a> Round<'a> {
    fn decide(&mut self, asked: &'a Asked<CouponStep>) -> StepOutcome {
        let step = &asked.step;
        let coupon = self.coupons.get_mut(&step.coupon).filter(|coupon| coupon.kept.campaign.tenant == step.tenant);
        let Some(coupon) = coupon else { return StepOutcome::NoCoupon };
        let kept = coupon.kept.clone();
        match step.wish.decide(&kept.usage, &coupon.campaign.terms, self.now) {
            Err(refusal) => StepOutcome::Refused(refusal),
            Ok(Step::Unchanged(usage)) => {
                StepOutcome::Done(Box::new(kept), shown(usage, &step.wish, &coupon.campaign.terms, self.now))
            }
            // An earlier run of the call has made the step, and the coupon has been used otherwise since.
            Ok(Step::Change(_) | Step::Released(..)) if asked.is_done() => {
                let usage = kept.usage.clone();
                StepOutcome::Done(Box::new(kept), shown(usage, &step.wish, &coupon.campaign.terms, self.now))
            }
            // Its call is not noted as done: asked again it hears the same, and changes nothing.
            Ok(Step::Released(after, refusal)) => {
                coupon.change_use(after, false);
                self.released.insert(step.coupon);
                StepOutcome::Refused(refusal)
            }
            Ok(Step::Change(after)) => {
                let message = step_message::of(&step.wish, &kept, self.now);
                self.effects.push(Effect { asked, before: kept.usage.status, message });
                coupon.change_use(after.clone(), step.wish.returns_to_stock());
                StepOutcome::Done(
                    Box::new(coupon.kept.clone()),
                    shown(after, &step.wish, &coupon.campaign.terms, self.now),
                )
            }
        }
    }

    async fn store(self, change: &Transaction) -> Result<(), LedgerError> {
        let mut changed = self.released;
        changed.extend(self.effects.iter().map(|effect| effect.asked.step.coupon));
        let changed: Vec<&KeptCoupon> =
            changed.iter().filter_map(|id| self.coupons.get(id)).map(|coupon| &coupon.kept).collect();
        store(change, &changed).await?;
        let messages: Vec<Envelope> = self.effects.iter().filter_map(|effect| effect.message.clone()).collect();
        outbox::append_all(change, topic::COUPON_EVENTS, &messages).await?;
        for effect in &self.effects {
            effect.asked.settle(change, |step| audit::used(step, effect.before)).await?;
        }
        Ok(())
    }
}
