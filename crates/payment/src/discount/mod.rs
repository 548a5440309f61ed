//! The coupon whose discount is taken off a payment, at the role `coupon` (PAY-017, hole 21).
//!
//! ```text
//! POST /payments: provisional claim -> redeem (RESERVED, 900 s) -> claim of what is left to pay -> row
//! SUCCESS:        secure -> confirm; a lapsed one is reserved again first -> row
//! FAILED:         row that owes it back -> undo, until coupon has answered (workers)
//! ```
//!
//! The order is the payment's id. Each call may come again. A refusal is an answer; a peer that is away leaves the payment
//! as it is, and it is asked again.

mod answer;

use access::peer::{Peer, PeerAway};
use answer::{Step, read, refusal};
use domain::{AccountId, CouponId, PaymentId};
use onsale_http::ApiError;
use serde_json::json;

/// Coupons, at the role that has them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Discounts {
    coupon: Peer,
}

/// A coupon is reserved for a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// What it takes off, in won: above 0, and something is left to pay.
    pub discount: i64,
}

/// What became of a coupon when its payment was about to be SUCCESS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// It is redeemed for this payment, with the discount that was taken off.
    Done,
    /// Another order has it, it was taken back, or it is worth something else now: the discount cannot be given any more.
    Gone,
}

impl Discounts {
    /// Coupons at this peer.
    pub fn new(coupon: Peer) -> Self {
        Self { coupon }
    }

    /// Reserves a buyer's coupon for a payment of `total` won before the discount.
    ///
    /// # Errors
    /// `COUPON_NOT_FOUND` (another person's, too), `COUPON_ALREADY_REDEEMED`, `COUPON_RESERVED`, `COUPON_NOT_APPLICABLE` with
    /// its `reason`: the payment holds nothing of it. `SERVICE_UNAVAILABLE`: nobody knows whether it is reserved; if it is,
    /// that lapses.
    pub async fn redeem(
        &self,
        coupon: CouponId,
        user: AccountId,
        order: PaymentId,
        total: i64,
    ) -> Result<Redeemed, ApiError> {
        match self.reserve(coupon, user, order, total).await {
            Ok(Step::Done { discount }) if 0 < discount && discount < total => Ok(Redeemed { discount }),
            Ok(Step::Refused(refused)) => Err(refused),
            Ok(Step::Done { discount }) => {
                tracing::error!(%coupon, discount, total, "the role coupon told a discount that leaves nothing to pay");
                Err(ApiError::unavailable())
            }
            Err(away) => {
                tracing::warn!(%away, "a coupon could not be reserved");
                Err(ApiError::unavailable())
            }
        }
    }

    /// Redeems the coupon for the payment that reserved it. A reservation that has lapsed stands unless another order took the
    /// coupon; one that was let go in between is made again, if the coupon still takes `discount` off.
    ///
    /// # Errors
    /// [`PeerAway`]: it may be redeemed or not, and is to be asked again.
    pub async fn confirm(
        &self,
        coupon: CouponId,
        user: AccountId,
        order: PaymentId,
        total: i64,
        discount: i64,
    ) -> Result<Confirmed, PeerAway> {
        if let Step::Done { discount: given } = self.step("confirm", coupon, order).await? {
            return Ok(if given == discount { Confirmed::Done } else { Confirmed::Gone });
        }
        match self.reserve(coupon, user, order, total).await? {
            Step::Done { discount: again } if again == discount => {}
            Step::Done { .. } | Step::Refused(_) => return Ok(Confirmed::Gone),
        }
        Ok(match self.step("confirm", coupon, order).await? {
            Step::Done { .. } => Confirmed::Done,
            Step::Refused(_) => Confirmed::Gone,
        })
    }

    /// Gives back whatever the payment holds of the coupon, reserved or redeemed. When this returns it holds nothing: an
    /// unknown coupon, one of another order and one that was given back before count as done.
    ///
    /// # Errors
    /// [`PeerAway`]: to be asked again.
    pub async fn release(&self, coupon: CouponId, order: PaymentId) -> Result<(), PeerAway> {
        self.step("undo", coupon, order).await.map(drop)
    }

    /// Lets go a reservation of the coupon that no payment will use. A redeemed one stays redeemed. Without an answer the
    /// reservation lapses.
    pub async fn let_go(&self, coupon: CouponId, order: PaymentId) {
        if let Err(away) = self.step("cancel", coupon, order).await {
            tracing::info!(%away, %coupon, "a coupon that no payment uses stays reserved until that lapses");
        }
    }

    async fn reserve(&self, coupon: CouponId, user: AccountId, order: PaymentId, total: i64) -> Result<Step, PeerAway> {
        let body = json!({"userId": user, "orderId": order, "amount": total});
        let reply = self.coupon.post(&format!("/internal/coupons/{coupon}/redeem"), &body).await?;
        read(&reply).ok_or_else(|| self.no_sense(&reply))
    }

    async fn step(&self, step: &str, coupon: CouponId, order: PaymentId) -> Result<Step, PeerAway> {
        let path = format!("/internal/coupons/{coupon}/redeem/{step}");
        let reply = self.coupon.post(&path, &json!({"orderId": order})).await?;
        read(&reply).ok_or_else(|| self.no_sense(&reply))
    }

    fn no_sense(&self, reply: &access::peer::PeerReply) -> PeerAway {
        PeerAway { role: self.coupon.role(), why: refusal(reply) }
    }
}
