//! Coupons of payments that failed or were given back go back to their holders (hole 21).

use super::rounds::{self, Done, ROUND_MAX};
use super::{LOOK_EVERY, alarm};
use crate::rows::payments;
use crate::service::PaymentService;
use domain::Timestamp;
use domain::payment::model::ASK_MS;
use domain::payment::{Changed, CouponState, CouponUse, Payment, Refusal, pause};
use futures::FutureExt;
use onsale_http::ApiError;

/// The coupon that is to be given back now.
fn due_coupon(payment: &Payment, now: Timestamp) -> Option<CouponUse> {
    let is_due = |coupon: &CouponUse| {
        coupon.state == CouponState::Releasing && coupon.due_at.is_some_and(|due_at| due_at <= now)
    };
    payment.coupon.filter(is_due)
}

impl PaymentService {
    /// Gives coupons back, until the process ends. Any number of processes may.
    pub async fn run_coupons(self) {
        let round = move || {
            let payments = self.clone();
            async move { payments.release_due_coupons().await }.boxed()
        };
        rounds::forever("coupons", LOOK_EVERY, round).await;
    }

    /// Works once on the coupons that are owed back. Returns on how many.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: what is due cannot be read.
    pub async fn release_due_coupons(&self) -> Result<usize, ApiError> {
        let due = payments::coupon_due(&self.ledger, clock::now(), ROUND_MAX).await?;
        Ok(rounds::each("coupons", due, |one| self.release_coupon(one.payment).boxed()).await)
    }

    /// One try. It is put off first, so that no other process tries meanwhile, and one that dies leaves it to the next.
    async fn release_coupon(&self, payment: Payment) -> Result<Done, ApiError> {
        let taken = self.change(payment.id, |payment, now| {
            let coupon = due_coupon(payment, now).ok_or(Refusal::NotAsking)?;
            let pause_ms = pause::pause_ms(coupon.tries.saturating_add(1)).max(ASK_MS);
            Ok(Changed::quietly(payment.coupon_unanswered(Timestamp(now.millis() + pause_ms))))
        });
        let Some(CouponUse { coupon, tries, .. }) = taken.await?.and_then(|payment| payment.coupon) else {
            return Ok(Done::Left);
        };
        match self.discounts.release(coupon, payment.id).await {
            Ok(()) => {
                self.change(payment.id, |payment, _| Ok(Changed::quietly(payment.coupon_released()))).await?;
            }
            Err(away) if pause::is_alarm(tries) => {
                alarm::count("coupon_not_released");
                tracing::error!(
                    payment_id = %payment.id, %coupon, tries, %away,
                    "a coupon is owed back to its holder and the role coupon does not answer; it is tried on"
                );
            }
            Err(away) => {
                tracing::warn!(payment_id = %payment.id, %coupon, %away, "a coupon could not be given back yet")
            }
        }
        Ok(Done::Worked)
    }
}
