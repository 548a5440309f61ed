//! A person's coupons over all campaigns (`contract-amendments.md`, 26).

use crate::rows::campaigns;
use crate::rows::coupons::newest_of_user;
use crate::service::CouponService;
use crate::views::coupon::{OwnCoupon, OwnCoupons};
use domain::{Campaign, CampaignId, TenantName, UserId, ZonedTime};
use onsale_http::ApiError;
use std::collections::HashMap;

/// Most coupons that are told.
const TOLD_MAX: u64 = 200;

impl CouponService {
    /// The coupons that this person has of the tenant `default`, the newest first.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn own_coupons(&self, user: &UserId) -> Result<OwnCoupons, ApiError> {
        let (tenant, now) = (TenantName::default_tenant(), clock::now());
        let mut known: HashMap<CampaignId, Option<Campaign>> = HashMap::new();
        let mut list = Vec::new();
        for kept in newest_of_user(&self.ledger, &tenant, user, TOLD_MAX).await? {
            if !known.contains_key(&kept.campaign) {
                let campaign = campaigns::get_stored(&self.ledger, &kept.campaign).await?;
                known.insert(kept.campaign.clone(), campaign);
            }
            let Some(Some(campaign)) = known.get(&kept.campaign) else { continue };
            let terms = &campaign.terms;
            list.push(OwnCoupon {
                coupon_id: kept.coupon_id,
                event_id: kept.campaign.event.to_string(),
                name: campaign.name.clone(),
                serial: kept.serial,
                status: kept.usage.status_at(terms, now),
                issued_at: ZonedTime(kept.usage.issued_at),
                expires_at: terms.expires_at(kept.usage.issued_at).map(ZonedTime),
                discount: terms.discount.map(Into::into),
                min_order_amount: terms.min_order_amount,
            });
        }
        Ok(OwnCoupons { list })
    }
}
