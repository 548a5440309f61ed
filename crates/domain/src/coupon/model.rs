//! The coupon rules with their state, written to be read and not to be fast.
//!
//! Every engine must answer as this one does: the conformance suite throws random histories at both.

use crate::coupon::Coupon;
use crate::coupon::campaign::{Campaign, CampaignStatus};
use crate::coupon::issue::{Decision, Facts, IdempotencyKey, IssueOutcome, IssuedCoupon, KeyUse, decide};
use crate::id::CouponId;
use crate::name::{CampaignId, TenantName, UserId};
use crate::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// One campaign and all that was given.
#[derive(Clone, Debug)]
struct Sale {
    campaign: Campaign,
    coupons: Vec<Coupon>,
    /// The lowest number never given.
    next_serial: u32,
    /// Numbers taken back, the one that came back first in front.
    returned: VecDeque<u32>,
}

/// What an idempotency key led to.
#[derive(Clone, Debug)]
struct EarlierYes {
    campaign: CampaignId,
    coupon: IssuedCoupon,
}

/// All campaigns.
#[derive(Clone, Debug, Default)]
pub struct Model {
    sales: BTreeMap<CampaignId, Sale>,
    earlier: BTreeMap<(TenantName, UserId, IdempotencyKey), EarlierYes>,
}

/// One request for a coupon.
#[derive(Clone, Debug)]
pub struct Request {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// For whom.
    pub user: UserId,
    /// The caller's key, if any.
    pub key: Option<IdempotencyKey>,
    /// Whether the gate let the user in.
    pub admitted: bool,
}

impl Sale {
    fn remaining(&self) -> u32 {
        let fresh = (self.campaign.stock + 1).saturating_sub(self.next_serial);
        fresh + self.returned.len() as u32
    }

    fn coupons_of<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a Coupon> {
        self.coupons.iter().filter(move |coupon| coupon.user == *user)
    }

    /// The first coupon still held, else the first of all.
    fn first_of(&self, user: &UserId) -> Option<IssuedCoupon> {
        let held = self.coupons_of(user).find(|coupon| !coupon.revoked);
        held.or_else(|| self.coupons_of(user).next())
            .map(|coupon| IssuedCoupon { coupon_id: coupon.coupon_id, serial: coupon.serial })
    }

    fn give(&mut self, user: &UserId, coupon_id: CouponId, now: Timestamp) -> IssuedCoupon {
        let serial = self.returned.pop_front().unwrap_or_else(|| {
            self.next_serial += 1;
            self.next_serial - 1
        });
        let nth_of_user = self.coupons_of(user).count() as u32 + 1;
        let coupon = Coupon { coupon_id, serial, user: user.clone(), nth_of_user, issued_at: now, revoked: false };
        self.coupons.push(coupon);
        IssuedCoupon { coupon_id, serial }
    }
}

impl Model {
    /// Makes or changes a campaign. An older revision changes nothing.
    pub fn put_campaign(&mut self, campaign: Campaign) {
        match self.sales.get_mut(&campaign.id) {
            Some(sale) if sale.campaign.revision < campaign.revision => sale.campaign = campaign,
            Some(_) => {}
            None => {
                let sale = Sale { campaign, coupons: Vec::new(), next_serial: 1, returned: VecDeque::new() };
                self.sales.insert(sale.campaign.id.clone(), sale);
            }
        }
    }

    /// Decides one request. `coupon_id` is the id that a coupon given now will have: a user who holds it already got it
    /// by an earlier request of the same attempt.
    pub fn issue(&mut self, request: &Request, coupon_id: CouponId, now: Timestamp) -> IssueOutcome {
        let memory = request.key.map(|key| (request.campaign.tenant.clone(), request.user.clone(), key));
        let earlier = memory.as_ref().and_then(|memory| self.earlier.get(memory)).cloned();
        let Some(sale) = self.sales.get_mut(&request.campaign) else { return IssueOutcome::NoCampaign };
        let is_spent = sale.coupons_of(&request.user).any(|coupon| coupon.coupon_id == coupon_id);
        let key_use = match &earlier {
            None if is_spent => KeyUse::SpentAttempt,
            None => KeyUse::Fresh,
            Some(yes) if yes.campaign == request.campaign => KeyUse::SameRequest,
            Some(_) => KeyUse::OtherRequest,
        };
        let issued_to_user = sale.coupons_of(&request.user).count() as u32;
        let facts = Facts::of(&sale.campaign, now, sale.remaining(), issued_to_user, request.admitted, key_use);
        match (decide(&facts), earlier) {
            (Decision::RepeatYes, Some(yes)) => {
                IssueOutcome::Issued { coupon: yes.coupon, remaining: sale.remaining() }
            }
            (Decision::Issue, _) => {
                let coupon = sale.give(&request.user, coupon_id, now);
                let remaining = sale.remaining();
                if let Some(memory) = memory {
                    self.earlier.insert(memory, EarlierYes { campaign: request.campaign.clone(), coupon });
                }
                IssueOutcome::Issued { coupon, remaining }
            }
            (refused, _) => {
                let first = sale.first_of(&request.user);
                IssueOutcome::refusal(refused, sale.remaining(), first).unwrap_or(IssueOutcome::SoldOut)
            }
        }
    }

    /// Takes a coupon back. Again changes nothing. Whether there is such a coupon.
    pub fn revoke(&mut self, campaign: &CampaignId, coupon_id: CouponId, return_to_stock: bool) -> bool {
        let Some(sale) = self.sales.get_mut(campaign) else { return false };
        let Some(coupon) = sale.coupons.iter_mut().find(|coupon| coupon.coupon_id == coupon_id) else { return false };
        if !coupon.revoked {
            coupon.revoked = true;
            if return_to_stock {
                sale.returned.push_back(coupon.serial);
            }
        }
        true
    }

    /// A user's coupons in the order in which they were given.
    pub fn coupons_of(&self, campaign: &CampaignId, user: &UserId) -> Vec<Coupon> {
        self.sales.get(campaign).map(|sale| sale.coupons_of(user).cloned().collect()).unwrap_or_default()
    }

    /// Every coupon of a campaign in the order in which they were given.
    pub fn coupons(&self, campaign: &CampaignId) -> &[Coupon] {
        self.sales.get(campaign).map(|sale| sale.coupons.as_slice()).unwrap_or_default()
    }

    /// State, coupons left, and people who got at least one.
    pub fn status(&self, campaign: &CampaignId, now: Timestamp) -> Option<(CampaignStatus, u32, u32)> {
        let sale = self.sales.get(campaign)?;
        let participants = sale.coupons.iter().filter(|coupon| coupon.nth_of_user == 1).count() as u32;
        Some((sale.campaign.status(now, sale.remaining()), sale.remaining(), participants))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupon::campaign::tests::campaign;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn id(n: u128) -> CouponId {
        CouponId(Uuid::from_u128(n))
    }

    fn user(n: u8) -> UserId {
        UserId::new(&format!("user-{n}")).expect("valid")
    }

    fn request(n: u8, key: Option<&[u8]>) -> Request {
        Request { campaign: campaign(1).id, user: user(n), key: key.and_then(IdempotencyKey::new), admitted: false }
    }

    fn model(stock: u32) -> Model {
        let mut model = Model::default();
        model.put_campaign(campaign(stock));
        model
    }

    #[test]
    fn a_retry_with_its_key_hears_the_first_yes_and_without_it_hears_already_issued() {
        let mut model = model(2);
        let first = model.issue(&request(1, Some(b"k")), id(1), Timestamp(0));
        assert_eq!(model.issue(&request(1, Some(b"k")), id(2), Timestamp(0)), first);
        assert!(matches!(
            model.issue(&request(1, None), id(3), Timestamp(0)),
            IssueOutcome::AlreadyIssued { coupon: IssuedCoupon { serial: 1, .. }, remaining: 1 }
        ));
    }

    #[test]
    fn a_key_used_for_another_campaign_is_refused() {
        let mut model = model(1);
        let mut other = campaign(1);
        other.id.event = crate::EventName::new("other").expect("valid");
        model.put_campaign(other.clone());
        model.issue(&request(1, Some(b"k")), id(1), Timestamp(0));
        let reused = Request { campaign: other.id, ..request(1, Some(b"k")) };
        assert_eq!(model.issue(&reused, id(2), Timestamp(0)), IssueOutcome::KeyReused);
    }

    #[test]
    fn a_number_given_back_is_given_again_with_another_coupon() {
        let mut model = model(1);
        model.issue(&request(1, None), id(1), Timestamp(0));
        assert_eq!(model.issue(&request(2, None), id(2), Timestamp(0)), IssueOutcome::SoldOut);
        assert!(model.revoke(&campaign(1).id, id(1), true));
        assert!(model.revoke(&campaign(1).id, id(1), true), "again changes nothing");
        let again = model.issue(&request(2, None), id(2), Timestamp(0));
        let coupon = IssuedCoupon { coupon_id: id(2), serial: 1 };
        assert_eq!(again, IssueOutcome::Issued { coupon, remaining: 0 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn never_beyond_stock_and_never_beyond_the_limit(
            stock in 1u32..8, limit in 1u32..4,
            steps in proptest::collection::vec((0u8..6, any::<bool>(), any::<bool>()), 1..80),
        ) {
            let mut model = Model::default();
            let mut sale = campaign(stock);
            sale.per_user_limit = limit;
            model.put_campaign(sale.clone());
            for (step, (n, revoke, return_to_stock)) in steps.into_iter().enumerate() {
                let _ = model.issue(&request(n, None), id(step as u128 + 1), Timestamp(0));
                if revoke && step % 5 == 0 {
                    model.revoke(&sale.id, id(step as u128 / 2 + 1), return_to_stock);
                }
                let mut serials: Vec<u32> = model.coupons(&sale.id).iter().filter(|c| !c.revoked).map(|c| c.serial).collect();
                let live = serials.len();
                serials.sort_unstable();
                serials.dedup();
                prop_assert_eq!(serials.len(), live, "no two live coupons share a number");
                prop_assert!(serials.iter().all(|serial| (1..=stock).contains(serial)));
                for n in 0..6 {
                    prop_assert!(model.coupons_of(&sale.id, &user(n)).len() as u32 <= limit);
                }
            }
        }
    }
}
