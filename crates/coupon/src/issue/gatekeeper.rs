//! What issuing asks of a gate.

use super::Undecided;
use async_trait::async_trait;
use domain::{CampaignId, UserId};
use uuid::Uuid;

/// Admits people to gated campaigns (GATE-005).
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// The id of the user's active pass.
    ///
    /// # Errors
    /// [`Undecided`]: the line did not answer. That is no refusal.
    async fn active_pass(&self, campaign: &CampaignId, user: &UserId) -> Result<Option<Uuid>, Undecided>;

    /// The pass was used: the user has the coupon, or hears that there is none left.
    async fn used(&self, campaign: &CampaignId, user: &UserId, has_coupon: bool);
}

/// The id of the one coupon that a pass leads to. It does not reveal the pass.
pub fn coupon_of_pass(pass: Uuid) -> Uuid {
    Uuid::new_v5(&pass, b"coupon")
}
