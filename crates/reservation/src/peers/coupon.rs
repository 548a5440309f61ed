//! Coupons that take something off a reservation (PAY-017).

use crate::views::reservation::Discounts;
use access::Peer;
use domain::AccountId;
use onsale_http::ApiError;

/// The coupon role. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Coupons(Peer);

impl Coupons {
    pub fn new(peer: Peer) -> Self {
        Self(peer)
    }

    /// The coupons of a person that can be used for an order of `amount` won, the largest discount first. None for an order of
    /// nothing.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` while the coupon role is away.
    pub async fn usable(&self, user: AccountId, amount: i64) -> Result<Discounts, ApiError> {
        if amount < 1 {
            return Ok(Discounts::default());
        }
        let reply = self.0.get(&format!("/internal/coupons/of/{user}?amount={amount}")).await.map_err(|away| {
            tracing::warn!(%away, "discounts cannot be read");
            ApiError::unavailable()
        })?;
        if !reply.status.is_success() {
            tracing::error!(status = %reply.status, code = reply.code(), "the coupon role has refused an internal call");
            return Err(ApiError::unavailable());
        }
        reply.read().map_err(|error| {
            tracing::error!(%error, "the coupon role's answer has another form");
            ApiError::unavailable()
        })
    }
}
