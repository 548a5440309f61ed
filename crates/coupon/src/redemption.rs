//! Reserves, redeems, releases and revokes coupons (GATE-010). A transaction in the ledger decides, by the rules of
//! `domain::coupon::redemption`, and stores the message of the step.

use super::service::CouponService;
use super::until_stored::until_stored;
use super::views::coupon::{CouponView, RedeemView, RevokeView, UserCoupons};
use crate::rows::coupons::{self, KeptCoupon, UseChange};
use domain::coupon::redemption::{Refusal, Step, Use};
use domain::message::{CouponRedeemed, CouponRedemptionUndone, CouponRevoked, Envelope, event_type, topic};
use domain::{Campaign, CampaignId, CouponId, CouponStatus, ErrorCode, TenantName, Timestamp, UserId};
use onsale_http::ApiError;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a call waits for the row of a coupon that was just given, by the clock.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest pause between two looks for it. A commit of the issuer ends it where the issuer runs in this process.
const ARRIVAL_PAUSE: Duration = Duration::from_millis(20);

/// A decided step with its message.
struct DecidedStep {
    step: Step,
    return_to_stock: bool,
    message: Option<Envelope>,
}

impl CouponService {
    /// A user's coupons of a campaign: the coupons come from the hot state, and their use from the ledger.
    ///
    /// # Errors
    /// `CAMPAIGN_NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn user_coupons(&self, id: &CampaignId, user: &UserId) -> Result<UserCoupons, ApiError> {
        let missing = || ApiError::from(ErrorCode::CampaignNotFound);
        let campaign = self.port.campaign(id).await?.ok_or_else(missing)?;
        let given = self.port.coupons_of(id, user).await?.ok_or_else(missing)?;
        let ids: Vec<CouponId> = given.iter().map(|coupon| coupon.coupon_id).collect();
        let kept = if ids.is_empty() { Vec::new() } else { coupons::by_ids(&self.ledger, &id.tenant, &ids).await? };
        let kept: HashMap<CouponId, Use> = kept.into_iter().map(|coupon| (coupon.coupon_id, coupon.usage)).collect();
        let now = clock::now();
        let status = |coupon: &domain::Coupon| match kept.get(&coupon.coupon_id) {
            Some(usage) => usage.status_at(&campaign.terms, now),
            None if coupon.revoked => CouponStatus::Revoked,
            None => Use::issued(coupon.issued_at).status_at(&campaign.terms, now),
        };
        let all: Vec<(CouponId, CouponStatus)> =
            given.iter().map(|coupon| (coupon.coupon_id, status(coupon))).collect();
        Ok(UserCoupons {
            user_id: user.to_string(),
            event_id: id.event.to_string(),
            coupon_id: all.iter().find(|(_, status)| *status != CouponStatus::Revoked).map(|(id, _)| *id),
            coupons: given.iter().map(|coupon| CouponView::new(coupon, status(coupon), &campaign.terms)).collect(),
        })
    }

    /// Reserves a coupon for an order.
    ///
    /// # Errors
    /// `COUPON_NOT_FOUND`, `COUPON_ALREADY_REDEEMED`, `COUPON_RESERVED`, `COUPON_NOT_APPLICABLE`, `SERVICE_UNAVAILABLE`.
    pub async fn reserve(
        &self,
        tenant: &TenantName,
        coupon: CouponId,
        order: &str,
        amount: i64,
    ) -> Result<RedeemView, ApiError> {
        let hold_seconds = self.redeem_hold_seconds;
        let decide = |kept: &KeptCoupon, campaign: &Campaign, now| {
            let step = kept.usage.reserve(&campaign.terms, order, amount, now, hold_seconds)?;
            Ok(DecidedStep { step, return_to_stock: false, message: None })
        };
        let (_, usage) = self.step(tenant, coupon, decide).await?;
        Ok(redeem_view(coupon, order, usage))
    }

    /// Redeems a coupon for the order that reserved it.
    ///
    /// # Errors
    /// As [`CouponService::reserve`].
    pub async fn confirm(&self, tenant: &TenantName, coupon: CouponId, order: &str) -> Result<RedeemView, ApiError> {
        let decide = |kept: &KeptCoupon, _: &Campaign, now| {
            let step = kept.usage.confirm(order)?;
            let message = matches!(step, Step::Change(_)).then(|| redeemed_message(kept, order, now));
            Ok(DecidedStep { step, return_to_stock: false, message })
        };
        let (_, usage) = self.step(tenant, coupon, decide).await?;
        Ok(redeem_view(coupon, order, usage))
    }

    /// Releases an order's reservation.
    ///
    /// # Errors
    /// As [`CouponService::reserve`].
    pub async fn cancel(&self, tenant: &TenantName, coupon: CouponId, order: &str) -> Result<RedeemView, ApiError> {
        let decide = |kept: &KeptCoupon, _: &Campaign, now| {
            Ok(DecidedStep { step: kept.usage.cancel(order, now)?, return_to_stock: false, message: None })
        };
        let (_, usage) = self.step(tenant, coupon, decide).await?;
        Ok(redeem_view(coupon, order, usage))
    }

    /// Gives a redeemed coupon back, for the order that redeemed it.
    ///
    /// # Errors
    /// As [`CouponService::reserve`].
    pub async fn undo(&self, tenant: &TenantName, coupon: CouponId, order: &str) -> Result<RedeemView, ApiError> {
        let decide = |kept: &KeptCoupon, _: &Campaign, now| {
            let was_redeemed = kept.usage.status == CouponStatus::Redeemed;
            let step = kept.usage.undo(order, now)?;
            let message = (was_redeemed && matches!(step, Step::Change(_))).then(|| undone_message(kept, order, now));
            Ok(DecidedStep { step, return_to_stock: false, message })
        };
        let (_, usage) = self.step(tenant, coupon, decide).await?;
        Ok(redeem_view(coupon, order, usage))
    }

    /// Revokes a coupon. A repeated call changes nothing.
    ///
    /// # Errors
    /// `COUPON_NOT_FOUND`, `COUPON_ALREADY_REDEEMED`, `COUPON_RESERVED`, `SERVICE_UNAVAILABLE`.
    pub async fn revoke(
        &self,
        tenant: &TenantName,
        coupon: CouponId,
        return_to_stock: bool,
    ) -> Result<RevokeView, ApiError> {
        let decide = |kept: &KeptCoupon, _: &Campaign, now| {
            let step = kept.usage.revoke(now)?;
            let message = matches!(step, Step::Change(_)).then(|| revoked_message(kept, return_to_stock, now));
            Ok(DecidedStep { step, return_to_stock, message })
        };
        let (kept, _) = self.step(tenant, coupon, decide).await?;
        let returned_to_stock = kept.serial.is_none();
        let user = UserId::stored(&kept.user_id).map_err(ApiError::internal)?;
        self.port.revoke(&kept.campaign, &user, coupon, returned_to_stock).await?;
        Ok(RevokeView { coupon_id: coupon, status: CouponStatus::Revoked, returned_to_stock })
    }

    /// Reads, decides and stores, and repeats that when another step came first. Returns the coupon after the step.
    async fn step(
        &self,
        tenant: &TenantName,
        coupon_id: CouponId,
        decide: impl Fn(&KeptCoupon, &Campaign, Timestamp) -> Result<DecidedStep, Refusal>,
    ) -> Result<(KeptCoupon, Use), ApiError> {
        until_stored(|| self.try_step(tenant, coupon_id, &decide)).await
    }

    /// One attempt of [`CouponService::step`]; `None` when another step came first.
    async fn try_step(
        &self,
        tenant: &TenantName,
        coupon_id: CouponId,
        decide: &impl Fn(&KeptCoupon, &Campaign, Timestamp) -> Result<DecidedStep, Refusal>,
    ) -> Result<Option<(KeptCoupon, Use)>, ApiError> {
        let kept = self.find(tenant, coupon_id).await?;
        let campaign = crate::rows::campaigns::get(&self.ledger, &kept.campaign).await?;
        let campaign = campaign.ok_or_else(|| ApiError::internal("a coupon without its campaign"))?;
        let decided = decide(&kept, &campaign, clock::now())?;
        let after = match decided.step {
            Step::Unchanged(usage) => return Ok(Some((kept, usage))),
            // An earlier run of the call has made the step, and the coupon has been used otherwise since.
            Step::Change(_) if call::is_done() => {
                let usage = kept.usage.clone();
                return Ok(Some((kept, usage)));
            }
            Step::Change(after) => after,
        };
        let message = decided.message.as_ref().map(|message| (topic::COUPON_EVENTS, message));
        let (before, return_to_stock) = (&kept.usage, decided.return_to_stock);
        let change = UseChange { tenant, coupon_id, before, after: &after, return_to_stock, message };
        if !coupons::change_use(&self.ledger, &change).await? {
            return Ok(None);
        }
        let serial = kept.serial.filter(|_| !return_to_stock);
        Ok(Some((KeptCoupon { serial, ..kept }, after)))
    }

    /// Reads the coupon's row. Waits a short time for the row of a coupon that was just given.
    async fn find(&self, tenant: &TenantName, coupon_id: CouponId) -> Result<KeptCoupon, ApiError> {
        if let Some(kept) = coupons::find(&self.ledger, tenant, coupon_id).await? {
            return Ok(kept);
        }
        let arriving = tokio::time::timeout(ARRIVAL_TIMEOUT, self.find_arriving(tenant, coupon_id));
        arriving.await.unwrap_or_else(|_| Err(ApiError::unavailable()))
    }

    /// Reads the row until it is there, or cannot be on its way any more ([`crate::arrivals`]).
    async fn find_arriving(&self, tenant: &TenantName, coupon_id: CouponId) -> Result<KeptCoupon, ApiError> {
        let mut processed = self.ledger.processed();
        let look = || self.arrivals.look(&*self.port, &self.ledger, tenant, Instant::now());
        let marks = look().await?;
        let mut latest = marks.clone();
        loop {
            let has_arrived = latest.has_stored(&marks);
            if let Some(kept) = coupons::find(&self.ledger, tenant, coupon_id).await? {
                return Ok(kept);
            }
            if has_arrived {
                return Err(ErrorCode::CouponNotFound.into());
            }
            // An end of the wait is no more than a reason to look: an error and a time-out are, too.
            let _ = tokio::time::timeout(ARRIVAL_PAUSE, processed.changed()).await;
            latest = look().await?;
        }
    }
}

fn redeem_view(coupon_id: CouponId, order: &str, usage: Use) -> RedeemView {
    let is_released = usage.status == CouponStatus::Issued;
    let discount_amount = usage.discount_amount.filter(|_| !is_released);
    RedeemView { coupon_id, order_id: order.to_owned(), status: usage.status, discount_amount }
}

fn redeemed_message(kept: &KeptCoupon, order: &str, now: Timestamp) -> Envelope {
    let payload = CouponRedeemed {
        tenant: kept.campaign.tenant.to_string(),
        campaign_id: kept.campaign.event.to_string(),
        coupon_id: kept.coupon_id,
        user_id: kept.user_id.clone(),
        order_id: order.to_owned(),
        discount_amount: kept.usage.discount_amount.unwrap_or(0),
    };
    envelope(kept, event_type::COUPON_REDEEMED, now, &payload)
}

fn undone_message(kept: &KeptCoupon, order: &str, now: Timestamp) -> Envelope {
    let payload = CouponRedemptionUndone {
        tenant: kept.campaign.tenant.to_string(),
        campaign_id: kept.campaign.event.to_string(),
        coupon_id: kept.coupon_id,
        user_id: kept.user_id.clone(),
        order_id: order.to_owned(),
    };
    envelope(kept, event_type::COUPON_REDEMPTION_UNDONE, now, &payload)
}

fn revoked_message(kept: &KeptCoupon, return_to_stock: bool, now: Timestamp) -> Envelope {
    let payload = CouponRevoked {
        tenant: kept.campaign.tenant.to_string(),
        campaign_id: kept.campaign.event.to_string(),
        coupon_id: kept.coupon_id,
        user_id: kept.user_id.clone(),
        return_to_stock,
    };
    envelope(kept, event_type::COUPON_REVOKED, now, &payload)
}

fn envelope(kept: &KeptCoupon, event_type: &str, now: Timestamp, payload: &impl serde::Serialize) -> Envelope {
    let (key, user) = (kept.campaign.to_string(), Some(kept.user_id.clone()));
    Envelope::about_campaign(Uuid::now_v7(), event_type, key, now, user, payload)
}
