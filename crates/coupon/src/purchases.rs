//! Coupons of the tenant `default` in payments of tickets (PAY-017): the role `payment` redeems them in its saga, with the
//! payment's id as the order, and the role `reservation` shows what can be used.
//!
//! The steps are those of every order ([`crate::redemption`]). What is added: the coupon must be the buyer's own, and
//! something must be left to pay, since the provider takes no payment of 0.

use crate::rows::campaigns;
use crate::rows::coupons::{self, KeptCoupon, newest_of_user};
use crate::service::CouponService;
use crate::views::coupon::RedeemView;
use crate::views::purchase::{UsableCoupon, UsableCoupons};
use domain::coupon::redemption::Refusal;
use domain::{
    Campaign, CampaignId, CouponId, CouponStatus, ErrorCode, PaymentId, TenantName, Terms, Timestamp, UserId,
};
use onsale_http::ApiError;
use std::collections::HashMap;

/// Most coupons of a person that are looked at, the newest first.
const SEEN_MAX: u64 = 200;

/// The `reason` of a coupon that would pay the whole order.
const NOTHING_TO_PAY: &str = "NOTHING_TO_PAY";
/// The `reason` of a coupon that takes nothing off.
const NO_DISCOUNT: &str = "NO_DISCOUNT";

/// Checks that a discount leaves something to pay, and takes something off.
fn check_discount(discount: i64, amount: i64) -> Result<i64, ApiError> {
    let refuse = |reason| Err(ApiError::new(ErrorCode::CouponNotApplicable).with("reason", reason));
    if discount <= 0 {
        return refuse(NO_DISCOUNT);
    }
    if discount >= amount { refuse(NOTHING_TO_PAY) } else { Ok(discount) }
}

/// What a coupon with these terms, issued then, takes off an order of `amount` won now; `None` when it cannot be used.
fn usable_discount(terms: &Terms, issued_at: Timestamp, amount: i64, now: Timestamp) -> Option<i64> {
    let is_valid = terms.valid_from.is_none_or(|from| from <= now)
        && terms.expires_at(issued_at).is_none_or(|end| now < end)
        && terms.min_order_amount <= amount;
    let discount = terms.discount.filter(|_| is_valid)?.off(amount);
    (0 < discount && discount < amount).then_some(discount)
}

impl CouponService {
    /// Reserves the buyer's coupon for a payment of `amount` won before the discount, which takes 1 to `amount - 1` won off.
    /// Again for the same payment: the same answer.
    ///
    /// # Errors
    /// `COUPON_NOT_FOUND` also for a coupon of another person; `COUPON_ALREADY_REDEEMED`, `COUPON_RESERVED`,
    /// `COUPON_NOT_APPLICABLE` with its `reason`: then the payment holds nothing of the coupon; `SERVICE_UNAVAILABLE`.
    pub async fn reserve_for_payment(
        &self,
        coupon: CouponId,
        buyer: &UserId,
        payment: PaymentId,
        amount: i64,
    ) -> Result<RedeemView, ApiError> {
        let (tenant, order) = (TenantName::default_tenant(), payment.to_string());
        let kept = match coupons::find(&self.ledger, &tenant, coupon).await? {
            Some(kept) => kept,
            None => self.wait_for_row(&tenant, coupon).await?,
        };
        if kept.user_id != buyer.as_str() {
            return Err(ErrorCode::CouponNotFound.into());
        }
        let discount = self.agreed_discount(&kept, amount).await?;
        // Looked at first, so that a coupon that cannot be used is not set aside in between: that would also end a lapsed
        // reservation of another order, which may still be confirmed.
        let looked_at = match kept.usage.status {
            CouponStatus::Issued => discount,
            CouponStatus::Reserved if !kept.usage.is_for(&order) => discount.or(Some(0)),
            _ => None,
        };
        if let Some(discount) = looked_at {
            let stands = kept.usage.reservation_stands(clock::now());
            check_discount(discount, amount)
                .map_err(|refusal| if stands { Refusal::Reserved.into() } else { refusal })?;
        }
        let reserved = self.reserve(&tenant, coupon, &order, amount).await?;
        match check_discount(reserved.discount_amount.unwrap_or(0), amount) {
            Ok(_) => Ok(reserved),
            Err(refusal) => {
                self.cancel(&tenant, coupon, &order).await?;
                Err(refusal)
            }
        }
    }

    /// What the coupon's campaign takes off an order of `amount` won; `None` if it names no discount.
    async fn agreed_discount(&self, kept: &KeptCoupon, amount: i64) -> Result<Option<i64>, ApiError> {
        let campaign = campaigns::get_stored(&self.ledger, &kept.campaign).await?;
        Ok(campaign.and_then(|campaign| campaign.terms.discount).map(|discount| discount.off(amount)))
    }

    /// The coupons that this person can use now for an order of `amount` won, the largest discount first. Of more than 200
    /// coupons the newest are looked at.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn usable_coupons(&self, buyer: &UserId, amount: i64) -> Result<UsableCoupons, ApiError> {
        let (tenant, now) = (TenantName::default_tenant(), clock::now());
        let mut campaigns: HashMap<CampaignId, Option<Campaign>> = HashMap::new();
        let mut list = Vec::new();
        for kept in newest_of_user(&self.ledger, &tenant, buyer, SEEN_MAX).await? {
            if !campaigns.contains_key(&kept.campaign) {
                let campaign = campaigns::get_stored(&self.ledger, &kept.campaign).await?;
                campaigns.insert(kept.campaign.clone(), campaign);
            }
            let Some(Some(campaign)) = campaigns.get(&kept.campaign) else { continue };
            if kept.usage.status_at(&campaign.terms, now) != CouponStatus::Issued {
                continue;
            }
            let discount = usable_discount(&campaign.terms, kept.usage.issued_at, amount, now);
            list.extend(discount.map(|discount_amount| UsableCoupon {
                coupon_id: kept.coupon_id,
                name: campaign.name.clone(),
                discount_amount,
                payable: amount - discount_amount,
            }));
        }
        list.sort_by_key(|coupon| std::cmp::Reverse(coupon.discount_amount));
        Ok(UsableCoupons { list })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::coupon::campaign::Discount;

    fn terms() -> Terms {
        Terms { discount: Some(Discount::Fixed { value: 500 }), min_order_amount: 400, ..Terms::default() }
    }

    #[test]
    fn a_discount_leaves_something_to_pay() {
        let at = |amount| usable_discount(&terms(), Timestamp(0), amount, Timestamp(5));
        assert_eq!((at(501), at(500), at(450), at(399)), (Some(500), None, None, None));
        assert_eq!(check_discount(500, 501).expect("usable"), 500);
        assert_eq!(check_discount(500, 500).expect_err("refused").code, ErrorCode::CouponNotApplicable);
        assert_eq!(check_discount(0, 500).expect_err("refused").code, ErrorCode::CouponNotApplicable);
    }

    #[test]
    fn only_a_coupon_that_is_valid_now_is_usable() {
        let limited = Terms { valid_from: Some(Timestamp(10)), valid_until: Some(Timestamp(20)), ..terms() };
        let at = |now| usable_discount(&limited, Timestamp(0), 1_000, Timestamp(now));
        assert_eq!((at(9), at(10), at(19), at(20)), (None, Some(500), Some(500), None));
        let without = Terms { discount: None, ..terms() };
        assert_eq!(usable_discount(&without, Timestamp(0), 1_000, Timestamp(5)), None, "its worth is not known");
    }
}
