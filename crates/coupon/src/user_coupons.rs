//! A user's coupons of a campaign: the coupons come from the hot state, and their use from the ledger. Questions that come
//! together share one query of the tables.

use crate::rows::coupons;
use crate::service::CouponService;
use crate::views::coupon::{CouponView, UserCoupons};
use domain::coupon::redemption::Use;
use domain::{Campaign, CampaignId, Coupon, CouponId, CouponStatus, ErrorCode, TenantName, Timestamp, UserId};
use futures::future::join_all;
use onsale_http::ApiError;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A question: whose coupons of which campaign.
pub type OfUser = (CampaignId, UserId);

/// The coupons that the hot state has.
struct Given {
    campaign: Arc<Campaign>,
    coupons: Vec<Coupon>,
}

impl CouponService {
    /// A user's coupons of a campaign.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn user_coupons(&self, id: &CampaignId, user: &UserId) -> Result<UserCoupons, ApiError> {
        let answers = self.coupons_of_users(vec![(id.clone(), user.clone())]).await;
        answers.into_iter().next().unwrap_or_else(|| Err(ApiError::unavailable()))
    }

    /// As [`CouponService::user_coupons`] for several questions; one answer each, in the same order.
    pub async fn coupons_of_users(&self, questions: Vec<OfUser>) -> Vec<Result<UserCoupons, ApiError>> {
        let given = join_all(questions.iter().map(|(id, user)| self.given(id, user))).await;
        let mut asked: BTreeMap<&TenantName, Vec<CouponId>> = BTreeMap::new();
        for ((id, _), given) in questions.iter().zip(&given) {
            let ids = given.iter().flat_map(|given| &given.coupons).map(|coupon| coupon.coupon_id);
            asked.entry(&id.tenant).or_default().extend(ids);
        }
        let mut used = HashMap::new();
        for (tenant, ids) in asked.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            match coupons::by_ids(&self.ledger, tenant, &ids).await {
                Ok(kept) => used.extend(kept.into_iter().map(|coupon| (coupon.coupon_id, coupon.usage))),
                Err(error) => {
                    let error = ApiError::from(error);
                    return questions.iter().map(|_| Err(error.clone())).collect();
                }
            }
        }
        let now = clock::now();
        let answers = questions.iter().zip(given);
        answers.map(|((id, user), given)| Ok(view(id, user, &given?, &used, now))).collect()
    }

    async fn given(&self, id: &CampaignId, user: &UserId) -> Result<Given, ApiError> {
        if let Some((campaign, coupons)) = self.port.coupons_of_now(id, user) {
            return Ok(Given { campaign, coupons });
        }
        let missing = || ApiError::from(ErrorCode::CampaignNotFound);
        let campaign = self.port.campaign(id).await?.ok_or_else(missing)?;
        let coupons = self.port.coupons_of(id, user).await?.ok_or_else(missing)?;
        Ok(Given { campaign: Arc::new(campaign), coupons })
    }
}

fn view(id: &CampaignId, user: &UserId, given: &Given, used: &HashMap<CouponId, Use>, now: Timestamp) -> UserCoupons {
    let terms = &given.campaign.terms;
    let status = |coupon: &Coupon| match used.get(&coupon.coupon_id) {
        Some(usage) => usage.status_at(terms, now),
        None if coupon.revoked => CouponStatus::Revoked,
        None => Use::issued(coupon.issued_at).status_at(terms, now),
    };
    let held = given.coupons.iter().find(|coupon| status(coupon) != CouponStatus::Revoked);
    UserCoupons {
        user_id: user.to_string(),
        event_id: id.event.to_string(),
        coupon_id: held.map(|coupon| coupon.coupon_id),
        coupons: given.coupons.iter().map(|coupon| CouponView::new(coupon, status(coupon), terms)).collect(),
    }
}
