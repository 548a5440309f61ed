//! Answers that need no decision: the rule over winners that do not change.

use crate::winners::Winners;
use domain::coupon::campaign::Phase;
use domain::coupon::issue::{Decision, Facts, IssueOutcome, IssuedCoupon, KeyUse, decide};
use domain::{Campaign, Timestamp};
use std::sync::Arc;

/// The facts about a caller that are known before the decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub user: &'a str,
    pub admitted: bool,
    pub key_use: KeyUse,
    /// The coupon that the key led to, when `key_use` is `SameRequest`.
    pub earlier: Option<IssuedCoupon>,
}

/// A frozen campaign: no coupon can be issued until its owner changes it, so that all threads may read its winners.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub campaign: Arc<Campaign>,
    pub remaining: u32,
    pub winners: Arc<Winners>,
}

/// Refuses by the rule over winners that do not change meanwhile, or says that a coupon would be given (`None`).
pub(crate) fn refuse(
    campaign: &Campaign,
    winners: &Winners,
    remaining: u32,
    asker: &Asker<'_>,
    now: Timestamp,
) -> Option<IssueOutcome> {
    let (count, first) = winners.count_and_first(asker.user);
    let facts = Facts::of(campaign, now, remaining, count, asker.admitted, asker.key_use);
    match (decide(&facts), asker.earlier) {
        (Decision::Issue, _) => None,
        (Decision::RepeatYes, Some(coupon)) => Some(IssueOutcome::Issued { coupon, remaining }),
        // A yes without its coupon, or a holder without one, cannot be; if it were, nothing may be given for it.
        (refused, _) => Some(IssueOutcome::refusal(refused, remaining, first).unwrap_or(IssueOutcome::SoldOut)),
    }
}

impl Frozen {
    /// The answer, unless coupons can be issued at `now`: then only the owner knows how many are left.
    pub fn answer(&self, asker: &Asker<'_>, now: Timestamp) -> Option<IssueOutcome> {
        if self.remaining > 0 && self.campaign.phase(now) == Phase::Open {
            return None;
        }
        refuse(&self.campaign, &self.winners, self.remaining, asker, now)
    }
}
