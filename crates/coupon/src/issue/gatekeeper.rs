//! The gate as issuing needs it.

use super::Undecided;
use async_trait::async_trait;
use domain::{CampaignId, CouponId, PassId, UserId};
use uuid::Uuid;

/// Admits people to gated campaigns (GATE-005).
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// The id of the user's active pass.
    ///
    /// # Errors
    /// [`Undecided`]: the line did not answer. This is not a refusal.
    async fn active_pass(&self, campaign: &CampaignId, user: &UserId) -> Result<Option<PassId>, Undecided>;

    /// Ends the turn of a user who has used the pass: the user has the coupon, or no coupon is left.
    async fn used(&self, campaign: &CampaignId, user: &UserId, has_coupon: bool);
}

/// The id of the only coupon that a pass can give. The pass cannot be derived from it.
pub fn coupon_of_pass(pass: PassId) -> CouponId {
    CouponId(Uuid::new_v5(&pass.get(), b"coupon"))
}
