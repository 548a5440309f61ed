//! Reserves, redeems, releases and revokes coupons (GATE-010). A transaction in the ledger decides
//! ([`crate::steps`]).

use super::service::CouponService;
use super::views::coupon::{RedeemView, RevokeView};
use crate::rows::coupons::{self, KeptCoupon};
use crate::steps::{CouponStep, StepOutcome, Wish};
use domain::coupon::redemption::Use;
use domain::{CouponId, CouponStatus, ErrorCode, TenantName, UserId};
use onsale_http::ApiError;
use std::time::{Duration, Instant};

/// How long a call waits for the row of a coupon that was just given, by the clock.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest pause between two looks for it. A commit of the issuer ends it where the issuer runs in this process.
const ARRIVAL_PAUSE: Duration = Duration::from_millis(20);

impl CouponService {
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
        let wish = Wish::Reserve { order: order.to_owned(), amount, hold_seconds: self.redeem_hold_seconds };
        self.step_for_order(tenant, coupon, order, wish).await
    }

    /// Redeems a coupon for the order that reserved it.
    ///
    /// # Errors
    /// As [`CouponService::reserve`].
    pub async fn confirm(&self, tenant: &TenantName, coupon: CouponId, order: &str) -> Result<RedeemView, ApiError> {
        self.step_for_order(tenant, coupon, order, Wish::Confirm { order: order.to_owned() }).await
    }

    /// Releases an order's reservation.
    ///
    /// # Errors
    /// As [`CouponService::reserve`].
    pub async fn cancel(&self, tenant: &TenantName, coupon: CouponId, order: &str) -> Result<RedeemView, ApiError> {
        self.step_for_order(tenant, coupon, order, Wish::Cancel { order: order.to_owned() }).await
    }

    /// Gives a redeemed coupon back, for the order that redeemed it.
    ///
    /// # Errors
    /// As [`CouponService::reserve`].
    pub async fn undo(&self, tenant: &TenantName, coupon: CouponId, order: &str) -> Result<RedeemView, ApiError> {
        self.step_for_order(tenant, coupon, order, Wish::Undo { order: order.to_owned() }).await
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
        let (kept, _) = self.step(tenant, coupon, Wish::Revoke { return_to_stock }).await?;
        let returned_to_stock = kept.serial.is_none();
        let user = UserId::stored(&kept.user_id).map_err(ApiError::internal)?;
        self.port.revoke(&kept.campaign, &user, coupon, returned_to_stock).await?;
        Ok(RevokeView { coupon_id: coupon, status: CouponStatus::Revoked, returned_to_stock })
    }

    async fn step_for_order(
        &self,
        tenant: &TenantName,
        coupon: CouponId,
        order: &str,
        wish: Wish,
    ) -> Result<RedeemView, ApiError> {
        let (_, usage) = self.step(tenant, coupon, wish).await?;
        Ok(redeem_view(coupon, order, usage))
    }

    /// Does a step, together with those of other callers. A coupon that was just given has no row yet: then the call waits
    /// a short time for it. Returns the coupon after the step.
    async fn step(&self, tenant: &TenantName, coupon: CouponId, wish: Wish) -> Result<(KeptCoupon, Use), ApiError> {
        let step = CouponStep { tenant: tenant.clone(), coupon, wish };
        let mut outcome = self.steps.run(step.clone()).await?;
        if outcome == StepOutcome::NoCoupon {
            self.wait_for_row(tenant, coupon).await?;
            outcome = self.steps.run(step).await?;
        }
        match outcome {
            StepOutcome::Done(kept, usage) => Ok((*kept, usage)),
            StepOutcome::Refused(refusal) => Err(refusal.into()),
            StepOutcome::NoCoupon => Err(ErrorCode::CouponNotFound.into()),
        }
    }

    /// Waits until the coupon has a row.
    pub(crate) async fn wait_for_row(&self, tenant: &TenantName, coupon: CouponId) -> Result<KeptCoupon, ApiError> {
        let arriving = tokio::time::timeout(ARRIVAL_TIMEOUT, self.find_arriving(tenant, coupon));
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
    let is_released = matches!(usage.status, CouponStatus::Issued | CouponStatus::Expired);
    let discount_amount = usage.discount_amount.filter(|_| !is_released);
    RedeemView { coupon_id, order_id: order.to_owned(), status: usage.status, discount_amount }
}
